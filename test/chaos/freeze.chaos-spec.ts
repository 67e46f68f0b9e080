import { Fleet, type Started } from './support/fleet.js';
import { freezeInFlight, thaw, untilFrozen } from './support/frozen.js';
import { graphNamed } from './support/graphs.js';
import { Judge } from './support/judge.js';
import { report } from './support/report.js';

const chain = graphNamed('a chain of five calls');
const inFlight = [
  { graph: chain, call: 2 },
  { graph: graphNamed('branches'), call: 2 },
  { graph: graphNamed('branches side by side'), call: 3 },
  { graph: graphNamed('for each of eight'), call: 4 },
  { graph: graphNamed('loops in loops'), call: 3 },
  { graph: graphNamed('rounds with pauses'), call: 2 },
  { graph: graphNamed('a node that fails twice'), call: 3 },
];

/** Where a process freezes by itself, in the middle of which graph. */
const frozenAt = [
  { fault: 'before-step:2', graph: chain },
  { fault: 'after-step:2', graph: chain },
  { fault: 'after-effect:3', graph: graphNamed('for each of eight') },
  { fault: 'before-end:1', graph: chain },
  { fault: 'before-pause:1', graph: graphNamed('a wait') },
  { fault: 'after-birth:1', graph: chain },
];

describe('a process that is frozen for longer than its lease', () => {
  let fleet: Fleet;
  let judge: Judge;

  beforeAll(async () => {
    fleet = await Fleet.start(2);
    judge = new Judge(fleet);
    await judge.learn([...new Set([...inFlight, ...frozenAt].map(({ graph }) => graph))]);
  });

  afterAll(() => fleet?.stop());

  it('writes nothing and touches nothing when it wakes, while another process is in the middle of its runs', async () => {
    const { runs, callsOfTheWoken } = await freezeInFlight(fleet, inFlight);
    const verdict = await judge.judge(runs);
    report('SIGSTOP in flight', { runs: runs.length, calls_of_the_woken: callsOfTheWoken }, verdict);
    expect(verdict.faults).toEqual([]);
    expect(callsOfTheWoken).toBe(0);
    expect(verdict.recoveries.length).toBe(runs.length);
  });

  it('changes no run that is over when it wakes, wherever it was', async () => {
    const sleepers = await Promise.all(
      frozenAt.map(async ({ fault, graph }) => {
        const [sleeper] = await fleet.add(1, { SEER_FAULT_POINT: `${fault}:stop` });
        return { sleeper: sleeper!, graph };
      }),
    );
    const [awake] = fleet.processes;
    const runs: Started[] = await Promise.all(
      sleepers.map(async ({ sleeper, graph }) => {
        const target = fleet.newTarget();
        // Nobody may answer this; the same request to another process does.
        void fleet.ask(sleeper, graph, target).catch(() => {});
        await untilFrozen(sleeper);
        await fleet.freeze(sleeper);
        return fleet.run(awake!, graph, target);
      }),
    );
    expect(await fleet.untilOver(runs)).toEqual([]);
    const calls = fleet.peer.total;
    await thaw(
      fleet,
      sleepers.map(({ sleeper }) => sleeper),
    );
    const verdict = await judge.judge(runs);
    report('SIGSTOP at fault points', { runs: runs.length, calls_of_the_woken: fleet.peer.total - calls }, verdict);
    expect(verdict.faults).toEqual([]);
    expect(fleet.peer.total).toBe(calls);
  });

  it('starts no second run for a request that was repeated elsewhere meanwhile', async () => {
    const [sleeper] = await fleet.add(1, { SEER_FAULT_POINT: 'before-birth:1:stop' });
    const target = fleet.newTarget();
    const answer = fleet.ask(sleeper!, chain, target);
    await untilFrozen(sleeper!);
    const run = await fleet.run(fleet.processes[0]!, chain, target);
    await fleet.untilOver([run]);
    sleeper!.program.signal('SIGCONT');
    expect((await answer).body.run_id).toBe(run.runId);
    expect((await judge.judge([run])).faults).toEqual([]);
  });
});
