import { MikroORM } from '@mikro-orm/postgresql';
import pg from 'pg';
import { advisoryLocks } from '../src/common/database/advisory-locks.js';
import { cancelRuns } from '../src/workflows/runs/engine/cancel-runs.js';
import { RunAdmission } from '../src/workflows/runs/engine/run-admission.js';
import { RunNotices } from '../src/workflows/runs/engine/run-notices.js';
import { RunSweeper } from '../src/workflows/runs/engine/run-sweeper.js';
import { startApp, type TestApp } from './support/app.js';
import { makeCaller } from './support/callers.js';
import { type Client } from './support/client.js';
import { connect } from './support/database.js';
import { makePublished, specOf } from './support/factories.js';
import { type Gate, startGate } from './support/gate.js';

let seer: TestApp;
let other: TestApp;
let client: Client;
let gate: Gate;
let database: pg.Client;

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
  for (let live = 1; live > 0;) {
    const { rows } = await database.query<{ live: number }>(
      `select count(*)::int as live from workflow_run where status in ('QUEUED', 'RUNNING', 'WAITING')`,
    );
    live = rows[0]!.live;
  }
  await gate.close();
});

type Concurrency = { key?: string; limit?: number; on_limit?: string };

/** A workflow that calls the gate at the path `inputs.at`. */
const workflow = (concurrency: Concurrency = {}, nodes: unknown[] = [gate.node('${inputs.at}')]) =>
  specOf(nodes, { settings: { concurrency: { key: "'all'", limit: 1, ...concurrency } } });

const publish = (concurrency?: Concurrency, nodes?: unknown[]) => makePublished(client, workflow(concurrency, nodes));

async function start(id: string, at: unknown = 'x', headers: Record<string, string> = {}, by = client) {
  return by.post(`/v1/workflows/${id}/runs`, { inputs: { at } }, headers);
}

/** Asks until the run is over. */
async function ended(runId: string) {
  for (;;) {
    const { body } = await client.get(`/v1/runs/${runId}`);
    if (['COMPLETED', 'FAILED', 'CANCELLED'].includes(body.status)) return body;
  }
}

/** Whether a run has no place, after all who may give it one have looked. */
async function isHeldBack(runId: string): Promise<boolean> {
  for (const { app } of [seer, other]) await app.get(RunAdmission).settled();
  const { rows } = await database.query<{ admitted: boolean }>('select admitted from workflow_run where run_id = $1', [
    runId.slice(4),
  ]);
  return !rows[0]!.admitted;
}

const runsOf = async (id: string) => (await client.get(`/v1/runs?workflow_id=${id}&limit=100`)).body.items;

describe('a workflow with a concurrency limit', () => {
  it('never has more runs under way, however many are started on two processes', async () => {
    gate.open(10);
    const id = await publish({ limit: 3 });
    const started = await Promise.all(
      Array.from({ length: 60 }, (_, n) => start(id, n, {}, n % 2 ? client : other.admin)),
    );
    expect(started.every(({ status, body }) => status === 202 && body.status === 'QUEUED')).toBe(true);
    for (const { body } of started) expect(await ended(body.run_id)).toMatchObject({ status: 'COMPLETED' });
    expect(gate.calls).toHaveLength(60);
    expect(gate.most).toBe(3);
  }, 60_000);

  it('has its runs in the order they were started', async () => {
    const id = await publish();
    const runIds: string[] = [];
    for (let n = 0; n < 8; n++) runIds.push((await start(id, n)).body.run_id);
    await gate.came(1);
    gate.open();
    for (const runId of runIds) await ended(runId);
    expect(gate.calls).toEqual(['0', '1', '2', '3', '4', '5', '6', '7']);
  });

  it('has it for each value of the key', async () => {
    const id = await publish({ key: '[inputs.at, run.source]' });
    await start(id, 'a');
    await start(id, 'a');
    await start(id, 'b');
    const long = 'c'.repeat(5_000);
    await start(id, long);
    await start(id, `${long.slice(1)}d`);
    await gate.stand(4);
    expect(gate.calls.map((call) => call.at(-1)).sort()).toEqual(['a', 'b', 'c', 'd']);
  });

  it('shares it with no other workflow and no other user', async () => {
    const stranger = seer.stranger.as((await makeCaller(seer.app)).token);
    for (const id of [await publish(), await publish()]) await start(id, 'workflow');
    for (const by of [client, stranger]) {
      await by.post('/v1/runs', { spec: workflow(), inputs: { at: 'ad hoc' } });
    }
    await gate.stand(4);
    // Ad hoc runs of one user do share it.
    const { body } = await client.post('/v1/runs', { spec: workflow({}, [gate.node('later')]), inputs: {} });
    expect(await isHeldBack(body.run_id)).toBe(true);
    gate.letGo(4);
    await gate.came(1, 'later');
  });

  it('answers a sync start with the end of the run, after it has waited for its turn', async () => {
    const id = await publish();
    await start(id, 'first');
    await gate.stand(1);
    const waiting = client.post(`/v1/workflows/${id}/runs?mode=sync`, { inputs: { at: 'second' } });
    for (let known = 0; known < 2;) known = (await runsOf(id)).length;
    gate.open();
    expect(await waiting).toMatchObject({ status: 200, body: { status: 'COMPLETED', outputs: { status: 200 } } });
    expect(gate.calls).toEqual(['first', 'second']);
  });

  it('goes by the limit of the run that was started last', async () => {
    const id = await publish({ limit: 1 });
    for (let n = 0; n < 3; n++) await start(id, 'old');
    await gate.stand(1);
    const draft = { base_revision: 1, spec: workflow({ limit: 4 }) };
    await client.patch(`/v1/workflows/${id}/draft`, draft);
    await client.post(`/v1/workflows/${id}/runs`, { inputs: { at: 'new' }, version: 'draft' });
    await gate.stand(4);
  });

  it('refuses inputs of which there is no key, and stores nothing', async () => {
    const id = await publish({ key: 'inputs.customer.id' });
    const { status, body } = await start(id, 'x', { 'idempotency-key': 'no key' });
    expect(status).toBe(422);
    expect(body).toMatchObject({ code: 'concurrency-key-invalid', errors: [{ pointer: '/inputs' }] });
    expect(body.detail).toContain('inputs.customer');
    expect(await runsOf(id)).toEqual([]);
    const { rows } = await database.query(`select 1 from idempotency_record where key = 'no key'`);
    expect(rows).toEqual([]);
  });

  it('starts one run for one Idempotency-Key', async () => {
    const id = await publish();
    const answers = await Promise.all(Array.from({ length: 10 }, () => start(id, 'x', { 'idempotency-key': 'one' })));
    expect(new Set(answers.map(({ body }) => body.run_id)).size).toBe(1);
    expect(await start(id, 'y', { 'idempotency-key': 'one' })).toMatchObject({ status: 422 });
    expect(await runsOf(id)).toHaveLength(1);
  });
});

describe('a place within the limit', () => {
  it('is given by one process at a time', async () => {
    const id = await publish();
    const { rows } = await database.query<{ id: string }>('select id from workflow where workflow_id = $1', [
      id.slice(3),
    ]);
    const key = `w${rows[0]!.id}:"all"`;
    // Another process is just giving the only place away.
    const process = await connect(seer.databaseUrl);
    await process.query('begin');
    await process.query('select pg_advisory_xact_lock($1, hashtext($2))', [advisoryLocks.runConcurrency, key]);
    await process.query(
      `insert into workflow_run (run_id, user_id, status, source, spec, inputs, attempt, concurrency_key, concurrency_limit, admitted)
       select '00000000-0000-7000-8000-000000000001', user_id, 'WAITING', 'MANUAL', '{}', '{}', 1, $2, 1, true
       from workflow where workflow_id = $1`,
      [id.slice(3), key],
    );
    const { body } = await start(id);
    for (let waits = 0; waits === 0;) {
      const { rowCount } = await database.query(
        `select 1 from pg_locks where locktype = 'advisory' and classid = $1 and not granted`,
        [advisoryLocks.runConcurrency],
      );
      waits = rowCount!;
    }
    await process.query('commit');
    await process.end();
    expect(await isHeldBack(body.run_id)).toBe(true);
    await database.query(`delete from workflow_run where concurrency_key = $1 and status = 'WAITING'`, [key]);
    await gate.came(1);
  });

  it('is kept through a pause', async () => {
    const id = await publish({}, [{ id: 'nap', type: 'wait', for: '300ms' }, gate.node('${inputs.at}')]);
    const first = await start(id, 'first');
    const second = await start(id, 'second');
    await gate.stand(1);
    expect(gate.calls).toEqual(['first']);
    gate.open();
    const [one, two] = [await ended(first.body.run_id), await ended(second.body.run_id)];
    expect(Date.parse(two.started_at)).toBeGreaterThanOrEqual(Date.parse(one.completed_at));
  });

  it('is kept when the process dies, and given to the next when the run is over', async () => {
    const id = await publish();
    const first = await start(id, 'first');
    await gate.stand(1);
    const second = await start(id, 'second');
    await crash();
    // Somebody gives places away while the run is in the queue again.
    seer.app.get(RunAdmission).look();
    expect(await isHeldBack(second.body.run_id)).toBe(true);
    await gate.came(2, 'first');
    expect(await isHeldBack(second.body.run_id)).toBe(true);
    gate.open();
    expect(await ended(first.body.run_id)).toMatchObject({ status: 'COMPLETED', attempt: 2 });
    expect(await ended(second.body.run_id)).toMatchObject({ status: 'COMPLETED', attempt: 1 });
    expect(gate.calls).toEqual(['first', 'first', 'second']);
  });

  it('is free again when a run has brought down process after process', async () => {
    const id = await publish();
    const { body } = await start(id, 'first');
    await gate.stand(1);
    await start(id, 'second');
    await database.query('update workflow_run set crashes = 4 where run_id = $1', [body.run_id.slice(4)]);
    await crash();
    await gate.came(1, 'second');
    expect(await ended(body.run_id)).toMatchObject({ error_detail: { code: 'crash-loop' } });
  });

  it('is free again when the run is cancelled', async () => {
    const id = await publish();
    const { body } = await start(id, 'first');
    await gate.stand(1);
    await start(id, 'second');
    const runId = body.run_id.slice(4);
    await cancelRuns(seer.app.get(MikroORM).em.fork(), { where: 'run_id = ?', values: [runId], error: 'enough' });
    seer.app.get(RunNotices).tell(`cancelled ${runId}`);
    await gate.came(1, 'second');
  });

  /** As if the processes had died: their leases are over, and another one looks. */
  async function crash(): Promise<void> {
    await database.query(`update run_worker set lease_until = now() - interval '1 minute'`);
    const taken = await seer.app.get(RunSweeper).sweep();
    expect(taken).toHaveLength(1);
  }
});

describe('on_limit: drop', () => {
  it('refuses further starts, and stores nothing of them', async () => {
    const id = await publish({ on_limit: 'drop' });
    const first = await start(id, 'first');
    expect(first.status).toBe(202);
    const refused = await start(id, 'second', { 'idempotency-key': 'dropped' });
    expect(refused).toMatchObject({ status: 409, body: { code: 'concurrency-limit' } });
    const adHoc = { spec: workflow({ on_limit: 'drop' }), inputs: { at: 'third' } };
    expect((await client.post('/v1/runs', adHoc)).status).toBe(202);
    expect((await client.post('/v1/runs', adHoc)).status).toBe(409);
    expect(await runsOf(id)).toHaveLength(1);
    gate.open();
    await ended(first.body.run_id);
    const later = await start(id, 'second', { 'idempotency-key': 'dropped' });
    expect(later.status).toBe(202);
    await ended(later.body.run_id);
    expect(gate.calls.filter((call) => call === 'second')).toHaveLength(1);
  });

  it('accepts as many as the limit, however many come at once on two processes', async () => {
    const id = await publish({ on_limit: 'drop', limit: 3 });
    const started = await Promise.all(
      Array.from({ length: 60 }, (_, n) => start(id, n, {}, n % 2 ? client : other.admin)),
    );
    const statuses = started.map(({ status }) => status);
    expect(statuses.filter((status) => status === 202)).toHaveLength(3);
    expect(statuses.filter((status) => status === 409)).toHaveLength(57);
    expect(await runsOf(id)).toHaveLength(3);
  }, 60_000);

  it('gives the run that an Idempotency-Key stands for, also when the limit is reached', async () => {
    const id = await publish({ on_limit: 'drop' });
    const once = { 'idempotency-key': 'drop once' };
    const answers = await Promise.all(Array.from({ length: 10 }, () => start(id, 'x', once)));
    expect(answers.map(({ status }) => status)).toEqual(Array<number>(10).fill(202));
    expect(new Set(answers.map(({ body }) => body.run_id)).size).toBe(1);
    expect(answers.filter(({ headers }) => headers.get('idempotent-replayed') === 'true')).toHaveLength(9);
    expect(await start(id, 'y', once)).toMatchObject({ status: 422, body: { code: 'idempotency-key-reused' } });
  });
});

describe('on_limit: cancel_running', () => {
  it('cancels the oldest runs, wherever they are executed, and starts the new one', async () => {
    const id = await publish({ on_limit: 'cancel_running', limit: 2 });
    const runs: string[] = [];
    for (let n = 0; n < 4; n++) {
      runs.push((await start(id, n, {}, n % 2 ? client : other.admin)).body.run_id);
      await gate.came(1, String(n));
    }
    expect(await Promise.all(runs.slice(0, 2).map(ended))).toMatchObject([
      { status: 'CANCELLED', error_detail: { code: 'cancelled' } },
      { status: 'CANCELLED', error: expect.stringContaining('newer run') },
    ]);
    gate.open();
    expect(await Promise.all(runs.slice(2).map(ended))).toMatchObject([
      { status: 'COMPLETED' },
      { status: 'COMPLETED' },
    ]);
  });

  it('leaves as many as the limit, however many come at once', async () => {
    const id = await publish({ on_limit: 'cancel_running' });
    const started = await Promise.all(
      Array.from({ length: 20 }, (_, n) => start(id, n, {}, n % 2 ? client : other.admin)),
    );
    gate.open();
    const over = await Promise.all(started.map(({ body }) => ended(body.run_id)));
    expect(over.filter(({ status }) => status === 'COMPLETED')).toHaveLength(1);
    expect(over.filter(({ status }) => status === 'CANCELLED')).toHaveLength(19);
  });

  it('does not cancel the run that an Idempotency-Key stands for', async () => {
    const id = await publish({ on_limit: 'cancel_running' });
    const once = { 'idempotency-key': 'cancel once' };
    const { body } = await start(id, 'x', once);
    await gate.stand(1);
    expect((await start(id, 'x', once)).body.run_id).toBe(body.run_id);
    gate.open();
    expect(await ended(body.run_id)).toMatchObject({ status: 'COMPLETED' });
  });
});

describe('a run that begins in the middle of another', () => {
  it('waits for its turn, under the key of its own inputs', async () => {
    const id = await publish({ key: 'inputs.at', on_limit: 'drop' }, [
      { id: 'a', type: 'set', value: 1 },
      { ...gate.node('${inputs.at}'), id: 'b' },
    ]);
    const { body: first } = await start(id, 'x');
    await gate.stand(1);
    await client.post(`/v1/runs/${first.run_id}/cancel`);
    const { body: second } = await start(id, 'x');
    await gate.came(2);

    const retried = await client.post(`/v1/runs/${first.run_id}/retry`);
    expect(retried.status).toBe(202);
    const checkpoint = { checkpoint_id: `${first.run_id}:1` };
    const other = await client.post(`/v1/runs/${first.run_id}/fork`, { ...checkpoint, inputs: { at: 'y' } });
    await gate.came(1, 'y');
    expect(await isHeldBack(retried.body.run_id)).toBe(true);
    const keyless = await client.post(`/v1/runs/${first.run_id}/fork`, { ...checkpoint, inputs: {} });
    expect(keyless).toMatchObject({ status: 422, body: { code: 'concurrency-key-invalid' } });

    gate.open();
    for (const run of [second, retried.body, other.body])
      expect(await ended(run.run_id)).toMatchObject({ status: 'COMPLETED' });
    expect(gate.calls).toEqual(['x', 'x', 'y', 'x']);
  });
});

describe('a run inside a run', () => {
  const calling = (workflowId: string, more: object = {}) =>
    specOf([{ id: 'child', type: 'workflow', workflow_id: workflowId, inputs: { at: '${inputs.at}' } }], more);

  it('waits for its turn', async () => {
    const child = await publish();
    const parent = await makePublished(client, calling(child));
    const parents = [await start(parent, 'a'), await start(parent, 'b')];
    await gate.stand(1);
    for (let known = 0; known < 2;) known = (await runsOf(child)).length;
    gate.open();
    for (const { body } of parents) expect(await ended(body.run_id)).toMatchObject({ status: 'COMPLETED' });
    expect(gate.most).toBe(1);
    expect(gate.calls).toHaveLength(2);
  });

  it('fails its node when it is dropped, or has no key', async () => {
    const child = await publish({ key: 'inputs.at + "!"', on_limit: 'drop' });
    const parent = await makePublished(client, calling(child));
    await start(child, 'a');
    const dropped = await start(parent, 'a');
    const broken = await start(parent, 1);
    expect(await ended(dropped.body.run_id)).toMatchObject({
      status: 'FAILED',
      error_detail: { code: 'concurrency-limit', node_id: 'child' },
    });
    expect(await ended(broken.body.run_id)).toMatchObject({
      error_detail: { code: 'concurrency-key-invalid', node_id: 'child' },
    });
  });

  it('fails its node when it would wait for a run that it is part of', async () => {
    const id = await publish();
    const draft = { base_revision: 1, spec: calling(id, { settings: { concurrency: { key: "'all'", limit: 1 } } }) };
    await client.patch(`/v1/workflows/${id}/draft`, draft);
    await client.post(`/v1/workflows/${id}/publish`, {});
    const { body } = await start(id, 'x');
    expect(await ended(body.run_id)).toMatchObject({ status: 'FAILED', error_detail: { code: 'concurrency-limit' } });
  });
});
