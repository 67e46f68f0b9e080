import { type Load, drive } from './support/drive.js';
import { Fleet } from './support/fleet.js';
import { graphNamed } from './support/graphs.js';
import { Judge } from './support/judge.js';
import { report } from './support/report.js';

const STOPS = 20;
const CLIENTS = 12;
const MOST_STOP_MS = 30_000;

const graphs = ['a chain of five calls', 'for each of eight', 'a child run', 'nothing but values', 'a wait'].map(
  graphNamed,
);

describe('processes that are stopped with SIGTERM under load', () => {
  let fleet: Fleet;
  let judge: Judge;
  let load: Load;
  const stops: { exitCode: number | null; took: number; locked: number }[] = [];

  beforeAll(async () => {
    fleet = await Fleet.start(2);
    judge = new Judge(fleet);
    await judge.learn(graphs);
    load = drive(fleet, graphs, CLIENTS);
    for (let stop = 0; stop < STOPS; stop++) {
      const seer = fleet.processes[stop % 2]!;
      const { pid } = seer.program;
      const began = performance.now();
      const exitCode = await seer.program.stop('SIGTERM');
      const took = performance.now() - began;
      stops.push({ exitCode, took, locked: await fleet.heldBy(pid) });
      await seer.start();
    }
    await load.stop();
    await fleet.untilOver(load.runs);
  }, 600_000);

  afterAll(() => fleet?.stop());

  it('answer every request that they have accepted', () => {
    report('SIGTERM', {
      stops: stops.length,
      slowest_stop_ms: Math.round(Math.max(...stops.map(({ took }) => took))),
      requests: load.requests,
      requests_failed: load.failures.length,
      runs: load.runs.length,
    });
    expect(load.failures).toEqual([]);
    expect(load.runs.length).toBeGreaterThan(STOPS * CLIENTS);
  });

  it('exit within 30 s, and of their own accord', () => {
    expect(stops.filter(({ exitCode, took }) => exitCode !== 0 || took > MOST_STOP_MS)).toEqual([]);
  });

  it('leave no run under their name', () => {
    expect(stops.filter(({ locked }) => locked > 0)).toEqual([]);
  });

  it('have no run lost, begun twice, or repeated in part', async () => {
    const verdict = await judge.judge(load.runs);
    report('SIGTERM, runs', { runs: load.runs.length }, verdict);
    expect(verdict.faults).toEqual([]);
  });
});
