import { mkdtemp, readFile, rm, chmod } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/common/database/embedded-postgres.js';
import { type Load, drive } from './support/drive.js';
import { Fleet } from './support/fleet.js';
import { graphNamed } from './support/graphs.js';
import { Judge } from './support/judge.js';
import { report } from './support/report.js';

const CLIENTS = 8;
const MOST_RECOVERY_MS = 10_000;

const graphs = ['a chain of five calls', 'for each of eight', 'a child run', 'nothing but values', 'a wait'].map(
  graphNamed,
);

/** How PostgreSQL goes down: in good order, at once, or as if its machine had been switched off. */
const ways = ['SIGINT', 'SIGQUIT', 'SIGKILL', 'SIGINT', 'SIGKILL'] as const;

describe('a database that goes away and comes back, under load', () => {
  let directory: string;
  let postgres: EmbeddedPostgres;
  let fleet: Fleet;
  let judge: Judge;
  let load: Load;
  const recoveries: number[] = [];
  let pids: number[];

  /** What is acknowledged must survive a server that is killed, so this one writes for good. */
  const startServer = () => startEmbeddedPostgres({ directory, settings: { max_connections: '200' } });

  async function restart(how: (typeof ways)[number]): Promise<void> {
    const [pid] = (await readFile(join(postgres.dataDirectory, 'postmaster.pid'), 'utf8')).split('\n');
    process.kill(Number(pid), how);
    // Long enough that every process meets it.
    await delay(1_000);
    postgres = await startServer();
  }

  /** Milliseconds until every process starts runs again. */
  async function recovery(): Promise<number> {
    const began = performance.now();
    await Promise.all(
      fleet.processes.map(async (seer) => {
        const target = fleet.newTarget();
        while ((await fleet.ask(seer, graphs[0]!, target)).status !== 202) await delay(50);
      }),
    );
    return performance.now() - began;
  }

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'seer-chaos-database-'));
    await chmod(directory, 0o711);
    postgres = await startServer();
    fleet = await Fleet.start(2, { server: postgres.adminUrl });
    judge = new Judge(fleet);
    await judge.learn(graphs);
    pids = fleet.processes.map(({ program }) => program.pid);
    load = drive(fleet, graphs, CLIENTS, true);
    for (const how of ways) {
      await delay(1_000);
      await restart(how);
      recoveries.push(await recovery());
    }
    await delay(1_000);
    await load.stop();
    await fleet.reconnect();
    await fleet.untilOver(load.runs);
  }, 300_000);

  afterAll(async () => {
    await fleet?.stop();
    await postgres?.stop();
    await rm(directory, { recursive: true, force: true });
  });

  it('is answered with 503 and Retry-After while it is away, never with anything else', () => {
    report('PostgreSQL', {
      restarts: ways.length,
      slowest_recovery_ms: Math.round(Math.max(...recoveries)),
      requests: load.requests,
      answered_503: load.unavailable,
      requests_failed: load.failures.length,
      runs: load.runs.length,
    });
    expect(load.failures).toEqual([]);
    expect(load.unavailable).toBeGreaterThan(0);
  });

  it('is used again within 10 s, by the same processes', () => {
    expect(Math.max(...recoveries)).toBeLessThan(MOST_RECOVERY_MS);
    expect(fleet.processes.map(({ program }) => program.pid)).toEqual(pids);
    expect(fleet.processes.every(({ lives }) => lives)).toBe(true);
  });

  it('has no acknowledged run lost, failed or begun twice', async () => {
    const verdict = await judge.judge(load.runs, { restarts: ways.length });
    report('PostgreSQL, runs', { runs: load.runs.length }, verdict);
    expect(verdict.faults).toEqual([]);
  });
});
