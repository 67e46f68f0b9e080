import { advisoryLocks } from '../src/common/database/advisory-locks.js';
import { RunAdmission } from '../src/workflows/runs/engine/run-admission.js';
import { RunSweeper } from '../src/workflows/runs/engine/run-sweeper.js';
import { makeCaller } from './support/callers.js';
import { connect } from './support/database.js';
import {
  client,
  database,
  ended,
  gate,
  isHeldBack,
  limited,
  other,
  publish,
  runsOf,
  seer,
  start,
  startAll,
  useTwoProcesses,
} from './support/limited-workflows.js';

useTwoProcesses();

describe('a workflow with a concurrency limit', () => {
  it('never has more runs under way, however many are started on two processes', async () => {
    gate.open(10);
    const id = await publish({ limit: 3 });
    const started = await startAll(id, 60);
    expect(started.every(({ status, body }) => status === 202 && body.status === 'QUEUED')).toBe(true);
    for (const { body } of started) expect(await ended(body.run_id)).toMatchObject({ status: 'COMPLETED' });
    expect(gate.calls).toHaveLength(60);
    expect(gate.most).toBe(3);
  });

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
      await by.post('/v1/runs', { spec: limited(), inputs: { at: 'ad hoc' } });
    }
    await gate.stand(4);
    // Ad hoc runs of one user do share it.
    const { body } = await client.post('/v1/runs', { spec: limited({}, [gate.node('later')]), inputs: {} });
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
    const draft = { base_revision: 1, spec: limited({ limit: 4 }) };
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
    // Times of the API are texts that sort as they follow each other.
    expect(String(two.started_at) >= String(one.completed_at)).toBe(true);
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
    await other.admin.post(`/v1/runs/${body.run_id}/cancel`);
    await gate.came(1, 'second');
  });

  /** As if the processes had died: their leases are over, and another one looks. */
  async function crash(): Promise<void> {
    await database.query(`update run_worker set lease_until = now() - interval '1 minute'`);
    const taken = await seer.app.get(RunSweeper).sweep();
    expect(taken).toHaveLength(1);
  }
});
