import { Fleet } from './support/fleet.js';
import { freezeInFlight } from './support/frozen.js';
import { type Graph, graphNamed } from './support/graphs.js';
import { type Fault, Judge, type Verdict } from './support/judge.js';
import { type Patch, patchedBuild } from './support/patched-build.js';
import { report } from './support/report.js';
import { killAtCalls } from './support/waves.js';

const engine = (file: string) => `workflows/runs/engine/${file}`;

/** Writes of a process that has lost its runs are taken. */
const noFence: Patch[] = [
  { file: engine('commit-statement.js'), from: / and w\.attempt = t\.fence/g, to: '' },
  // What it has at the side: the process looks at what it holds, and stops what is no longer its own.
  { file: engine('run-keeper.js'), from: 'await this.compare();', to: '' },
  { file: engine('run-dispatcher.js'), from: 'if (!this.lease.isLive)', to: 'if (false)' },
];
/** Nobody takes over the runs of a process that died. */
const noSweeper: Patch[] = [
  { file: engine('run-sweeper.js'), from: 'async sweep() {', to: 'async sweep() { return [];' },
];
/** A run that is executed again begins anew. */
const noMemory: Patch[] = [
  { file: engine('run-journal.js'), from: 'recorded(path) {', to: 'recorded(path) { return;' },
];

const cuts = [
  { graph: graphNamed('a chain of five calls'), call: 3 },
  { graph: graphNamed('for each of eight'), call: 4 },
  { graph: graphNamed('rounds with pauses'), call: 2 },
];

/** The same test as elsewhere, on a program from which a guard was taken. */
async function judged(
  name: string,
  patches: Patch[],
  test: (fleet: Fleet) => Promise<Parameters<Judge['judge']>[0]>,
): Promise<Set<Fault>> {
  const fleet = await Fleet.start(2, { script: await patchedBuild(name, patches) });
  try {
    const judge = new Judge(fleet);
    await judge.learn([...new Set<Graph>(cuts.map(({ graph }) => graph))]);
    const verdict: Verdict = await judge.judge(await test(fleet));
    report(`control: without ${name}`, { runs: cuts.length }, verdict);
    return new Set(verdict.faults.map(({ fault }) => fault));
  } finally {
    await fleet.stop();
  }
}

const kill = async (fleet: Fleet, patience?: number) =>
  killAtCalls(fleet, [cuts.map((cut) => ({ ...cut, moment: 'arrival' as const }))], patience);

const freeze = async (fleet: Fleet) => (await freezeInFlight(fleet, cuts)).runs;

describe('these tests', () => {
  it('find nothing in the program as it is', async () => {
    expect(await judged('nothing', [], kill)).toEqual(new Set());
  });

  it('find what a frozen process does when its writes are not fenced', async () => {
    const faults = await judged('fence', noFence, freeze);
    expect(faults).toContain('different');
  });

  it('find runs that nobody takes over', async () => {
    const faults = await judged('sweeper', noSweeper, (fleet) => kill(fleet, 32_000));
    expect(faults).toContain('lost');
    expect(faults).toContain('late');
  });

  it('find nodes that are repeated', async () => {
    const faults = await judged('memory', noMemory, kill);
    expect(faults).toContain('repeated');
  });
});
