import pg from 'pg';
import { RunAdmission } from '../../src/workflows/runs/engine/run-admission.js';
import { startApp, type TestApp } from './app.js';
import { type Client } from './client.js';
import { connect } from './database.js';
import { makePublished, specOf } from './factories.js';
import { type Gate, startGate } from './gate.js';
import { untilOver } from './runs.js';

/** Two processes of one installation, and a gate at which each test decides how long its runs take. */
export let seer: TestApp;
export let other: TestApp;
export let client: Client;
export let gate: Gate;
export let database: pg.Client;

/** Starts them for the suite; after each test its runs come to their end. */
export function useTwoProcesses(): void {
  beforeAll(async () => {
    seer = await startApp();
    other = await startApp({ SEER_BOOTSTRAP_API_KEY: 'the-second-process-has-a-key-too' }, seer.databaseUrl);
    client = seer.admin;
    database = await connect(seer.databaseUrl);
  });

  afterAll(async () => {
    await database.end();
    await Promise.all([seer.close(), other.close()]);
  });

  beforeEach(async () => {
    gate = await startGate();
  });

  afterEach(async () => {
    gate.open();
    const { rows } = await database.query<{ id: string }>(
      `select 'run_' || run_id as id from workflow_run where status in ('QUEUED', 'RUNNING', 'WAITING')`,
    );
    for (const { id } of rows) await untilOver(client, id);
    await gate.close();
  });
}

interface Concurrency {
  key?: string;
  limit?: number;
  on_limit?: string;
}

/** A workflow that calls the gate at the path `inputs.at`, one run at a time. */
export const limited = (concurrency: Concurrency = {}, nodes: unknown[] = [gate.node('${inputs.at}')]) =>
  specOf(nodes, { settings: { concurrency: { key: "'all'", limit: 1, ...concurrency } } });

export const publish = (concurrency?: Concurrency, nodes?: unknown[]) =>
  makePublished(client, limited(concurrency, nodes));

export function start(id: string, at: unknown = 'x', headers: Record<string, string> = {}, by = client) {
  return by.post(`/v1/workflows/${id}/runs`, { inputs: { at } }, headers);
}

/** Starts so many runs at once, half of them at each process. */
export const startAll = (id: string, count: number) =>
  Promise.all(Array.from({ length: count }, (_, n) => start(id, n, {}, n % 2 ? client : other.admin)));

export const ended = (runId: string) => untilOver(client, runId);

/** Whether a run has no place, after all who may give it one have looked. */
export async function isHeldBack(runId: string): Promise<boolean> {
  for (const { app } of [seer, other]) await app.get(RunAdmission).settled();
  const { rows } = await database.query<{ admitted: boolean }>('select admitted from workflow_run where run_id = $1', [
    runId.slice(4),
  ]);
  return !rows[0]!.admitted;
}

export const runsOf = async (id: string) => (await client.get(`/v1/runs?workflow_id=${id}&limit=100`)).body.items;
