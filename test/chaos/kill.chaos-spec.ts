import { Fleet, type Started } from './support/fleet.js';
import { graphNamed, graphs } from './support/graphs.js';
import { type Fault, Judge, type Verdict } from './support/judge.js';
import { Random, seed } from './support/random.js';
import { report } from './support/report.js';
import { type CallKill, type FaultKill, killAtCalls, killAtFaults } from './support/waves.js';

/** How many processes are killed side by side; one more survives. */
const WAVE = 3;
/** How many runs one kill cuts at a chosen node. 1 is the plainest and, a process being started for each, the slowest. */
const RUNS_PER_KILL = Number(process.env.SEER_CHAOS_RUNS_PER_KILL ?? 4);

const random = new Random(seed);

/** At each call of each graph: while it is under way, and when it was answered. */
const callKills: CallKill[] = graphs.flatMap((graph) =>
  Array.from({ length: graph.calls }, (_, index) => index + 1).flatMap((call) => [
    { graph, call, moment: 'arrival' as const },
    { graph, call, moment: 'answer' as const },
  ]),
);

/** At each fault point, where it depends on the place at several. */
const faultKills: FaultKill[] = Object.entries({
  'a chain of five calls': [
    ...['before-birth:1', 'after-birth:1', 'before-end:1', 'after-end:1'],
    ...['before-effect:2', 'before-effect:5', 'after-effect:1', 'after-effect:4', 'before-step:3', 'after-step:2'],
  ],
  'branches side by side': ['before-effect:2', 'after-step:2'],
  'for each of eight': ['after-effect:4', 'before-step:3'],
  'loops in loops': ['after-step:4'],
  'a node that fails twice': ['after-step:2', 'before-step:3'],
  'a run that fails': ['before-end:1', 'after-end:1'],
  'a child run': ['after-child:1', 'after-end:1'],
  'a wait': ['before-pause:1', 'after-pause:1', 'after-claim:1'],
  'two approvals at once': ['before-pause:1', 'after-pause:1', 'after-step:1'],
}).flatMap(([name, faults]) => faults.map((fault) => ({ graph: graphNamed(name), fault })));

const syncFaultKills: FaultKill[] = [
  { graph: graphNamed('nothing but values'), fault: 'before-birth:1', mode: 'sync' },
  { graph: graphNamed('nothing but values'), fault: 'after-birth:1', mode: 'sync' },
  { graph: graphNamed('a chain of five calls'), fault: 'after-end:1', mode: 'sync' },
];

describe('processes that are killed', () => {
  let fleet: Fleet;
  const runs: Started[] = [];
  let cuts = 0;
  let verdict: Verdict;
  const faults = (kind: Fault) => verdict.faults.filter(({ fault }) => fault === kind);

  beforeAll(async () => {
    fleet = await Fleet.start(WAVE + 1);
    const judge = new Judge(fleet);
    await judge.learn(graphs);
    const groups = inGroups(random.shuffled(callKills), RUNS_PER_KILL);
    for (const wave of inGroups(groups, WAVE)) {
      runs.push(...(await killAtCalls(fleet, wave)));
      cuts += wave.flat().length;
    }
    for (const wave of inGroups(random.shuffled([...faultKills, ...syncFaultKills]), WAVE)) {
      runs.push(...(await killAtFaults(fleet, wave, () => random.pick(graphs))));
      cuts += wave.length;
    }
    verdict = await judge.judge(runs);
    report('SIGKILL', { cuts, kills: fleet.kills.length, runs: runs.length }, verdict);
  }, 1_200_000);

  afterAll(() => fleet?.stop());

  it('cut more than a hundred runs, at every node and at every fault point', () => {
    expect(cuts).toBeGreaterThan(100);
  });

  it('lose no run that was acknowledged', () => expect(faults('lost')).toEqual([]));

  it('leave one run for each request, which comes to one end', () => expect(faults('duplicated')).toEqual([]));

  it('have no node repeated but those in flight, and those with the same idempotency key', () => {
    expect(faults('repeated')).toEqual([]);
  });

  it('have no influence on what a run gives', () => expect(faults('different')).toEqual([]));

  it('have their runs taken over within 30 s', () => expect(faults('late')).toEqual([]));
});

function inGroups<T>(list: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(list.length / size) }, (_, index) =>
    list.slice(index * size, (index + 1) * size),
  );
}
