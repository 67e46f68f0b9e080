import type pg from 'pg';
import { Jobs } from '../../src/common/jobs/jobs.service.js';
import { prune } from '../../src/admin/retention/prune.job.js';
import { startApp, type TestApp } from '../support/app.js';
import { makeCaller } from '../support/callers.js';
import { connect } from '../support/database.js';
import { makePublished, runSpec, specOf } from '../support/factories.js';
import { json, type Peer, startPeer } from '../support/peer.js';
import { untilOver, untilRun } from '../support/runs.js';

let seer: TestApp;
let database: pg.Client;

beforeAll(async () => {
  seer = await startApp();
  database = await connect(seer.databaseUrl);
});

afterAll(async () => {
  await database.end();
  await seer.close();
});

describe('GET /v1/admin/queues and /workers', () => {
  let peer: Peer;
  let release: () => void;

  beforeAll(async () => {
    const held = new Promise<void>((resolve) => (release = resolve));
    peer = await startPeer((_request, response) => void held.then(() => json(response, 1)));
  });
  afterAll(() => peer.close());

  it('tell what waits, what runs, and where', async () => {
    const before = (await seer.admin.get('/v1/admin/queues')).body;
    expect(before.runs.running).toEqual({ runs: 0, more: false, since: null });
    expect(before.jobs.map(({ name }: { name: string }) => name)).toEqual(
      expect.arrayContaining(['prune', 'refresh-connections', 'rotate-encryption-keys', 'watch-silence']),
    );
    expect(before.jobs.map(({ name }: { name: string }) => name)).not.toContain('dead-letters');

    const calls = specOf([{ id: 'call', type: 'tool', tool: 'http.request', inputs: { url: peer.url } }]);
    const running = (await seer.admin.post('/v1/runs', { spec: calls })).body.run_id;
    await untilRun(seer.admin, running, ['RUNNING'], () => peer.requests.length > 0);
    const approval = specOf([{ id: 'ok', type: 'approval', title: 'Go?' }]);
    const waiting = (await seer.admin.post('/v1/runs', { spec: approval })).body;
    await untilRun(seer.admin, waiting.run_id, ['WAITING']);

    const { runs } = (await seer.admin.get('/v1/admin/queues')).body;
    expect(runs).toMatchObject({
      ready: { runs: 0 },
      held_back: { runs: 0 },
      waiting: { runs: 1, more: false, since: waiting.created_at },
      running: { runs: 1 },
    });
    const { items } = (await seer.admin.get('/v1/admin/workers')).body;
    expect(items).toHaveLength(1);
    expect(items[0]).toMatchObject({ state: 'alive', role: 'all', runs: 1, runs_lost: 0 });
    expect(items[0].name).toMatch(new RegExp(`:${process.pid}$`));
    expect(items[0].heartbeat_age_seconds).toBeLessThan(12);
    release();
    await untilOver(seer.admin, running);
  });

  it('know processes that answer only, and those that are lost', async () => {
    const api = await startApp({ SEER_ROLE: 'api' }, seer.databaseUrl);
    await api.app.get(Jobs).queues();
    const lost = '00000000-0000-7000-8000-000000000001';
    await database.query(
      `insert into run_worker (worker_id, name, lease_until, runs_lost) values ($1, 'gone:1', now() - interval '1 minute', 2)`,
      [lost],
    );
    // Both have this process's name here.
    await database.query(`update pgboss.instance set host = 'elsewhere' where name = 'api' and stopped_on is null`);
    const { items } = (await seer.admin.get('/v1/admin/workers')).body;
    const named = (name: RegExp) => items.find((one: { name: string }) => name.test(one.name));
    expect(named(/^gone:1$/)).toMatchObject({ state: 'lost', role: null, runs: 0, runs_lost: 2 });
    expect(named(/^gone:1$/).heartbeat_age_seconds).toBeGreaterThan(70);
    expect(named(/^elsewhere:/)).toMatchObject({ state: 'alive', role: 'api', lease_until: null });
    await api.close();
    await database.query('delete from run_worker where worker_id = $1', [lost]);
  });
});

describe('a job that has failed for good', () => {
  /** A real job whose retries are used up: it fails on a table that is away, and its last try is its first. */
  async function fail(singletonKey: string): Promise<void> {
    await database.query('alter table idempotency_record rename to idempotency_away');
    await seer.app.get(Jobs).enqueue(prune, {}, { singletonKey });
    await database.query('update pgboss.job set retry_limit = 0 where name = $1', [prune.name]);
    await until(async () => (await dead()).length > 0);
    await database.query('alter table idempotency_away rename to idempotency_record');
  }
  const dead = async () => (await seer.admin.get('/v1/admin/jobs?state=failed')).body.items;

  it('is listed with why, found, and redriven', async () => {
    await fail('first');
    const [job, ...others] = await dead();
    expect(others).toEqual([]);
    expect(job).toMatchObject({ name: 'prune', payload: {}, retries: 0 });
    expect(job.error).toContain('idempotency_record');
    const { items } = (await seer.admin.get('/v1/admin/findings')).body;
    expect(items).toContainEqual(
      expect.objectContaining({
        code: 'job-failed',
        severity: 'error',
        since: job.failed_at,
        ids: [job.job_id],
        summary: expect.stringContaining('prune'),
      }),
    );

    const redriven = await seer.admin.post(`/v1/admin/jobs/${job.job_id}/redrive`);
    expect(redriven).toMatchObject({ status: 202, body: { job_id: job.job_id } });
    expect(await dead()).toEqual([]);
    await until(async () => (await states()).includes('completed'));
    expect(await seer.admin.post(`/v1/admin/jobs/${job.job_id}/redrive`)).toMatchObject({
      status: 404,
      body: { code: 'job-not-found' },
    });
  });

  it('is not redriven while another one with its key waits', async () => {
    await fail('second');
    const [job] = await dead();
    const later = new Date(Date.now() + 3_600_000);
    await seer.app.get(Jobs).enqueue(prune, {}, { singletonKey: 'second', startAfter: later });
    expect(await seer.admin.post(`/v1/admin/jobs/${job.job_id}/redrive`)).toMatchObject({
      status: 409,
      body: { code: 'job-waits' },
    });
  });

  it.each(['x', '00000000-0000-7000-8000-00000000000z', '00000000-0000-7000-8000-000000000000'])(
    'is not %s',
    async (id) => {
      expect(await seer.admin.post(`/v1/admin/jobs/${id}/redrive`)).toMatchObject({ status: 404 });
      expect((await seer.admin.get('/v1/admin/jobs?state=active')).status).toBe(400);
    },
  );

  const states = async () =>
    (
      await database.query<{ state: string }>(
        `select state from pgboss.job where name = $1 and source_root_id is not null`,
        [prune.name],
      )
    ).rows.map(({ state }) => state);

  /** Jobs are looked for each second. */
  async function until(isTrue: () => Promise<boolean>): Promise<void> {
    const late = AbortSignal.timeout(30_000);
    while (!(await isTrue())) {
      late.throwIfAborted();
      await database.query('select pg_sleep(0.05)');
    }
  }
});

describe('GET /v1/admin/storage', () => {
  it('has the bytes of each table, and of the workflows that have most', async () => {
    const { token, user } = await makeCaller(seer.app);
    const caller = seer.stranger.as(token);
    const large = await makePublished(caller, specOf([{ id: 'a', type: 'set', value: '${inputs.text}' }]));
    const small = await makePublished(seer.admin, specOf([{ id: 'a', type: 'set', value: 1 }]));
    for (let n = 0; n < 3; n++) {
      const inputs = {
        text: String.fromCharCode(...Array.from({ length: 20_000 }, (_, i) => 97 + ((i * i * 31 + n) % 26))),
      };
      await caller.post(`/v1/workflows/${large}/runs?mode=sync`, { inputs });
    }
    await seer.admin.post(`/v1/workflows/${small}/runs?mode=sync`, {});
    await runSpec(seer.admin, specOf([{ id: 'a', type: 'set', value: 1 }]));

    const { body } = await seer.admin.get('/v1/admin/storage?top=3');
    const run = body.tables.find(({ table }: { table: string }) => table === 'workflow_run');
    expect(run.total_bytes).toBeGreaterThanOrEqual(run.heap_bytes + run.index_bytes + run.toast_bytes);
    const { rows } = await database.query(`select pg_total_relation_size('workflow_run')::int as total`);
    expect(run.total_bytes).toBe(rows[0].total);
    expect(body.tables.map(({ table }: { table: string }) => table)).toContain('pgboss.job_common');
    expect(body).toMatchObject({ estimated: false });
    expect(body.workflows[0]).toMatchObject({ workflow_id: large, runs: 3, owner: { user_id: user.userId } });
    expect(body.workflows).toHaveLength(3);
    expect(body.workflows).toContainEqual(
      expect.objectContaining({ workflow_id: small, runs: 1, steps: 1, events: 0 }),
    );
    expect(body.workflows).toContainEqual(expect.objectContaining({ workflow_id: null, owner: null }));
  });

  it('reads a bounded part of large tables, and says that it estimates', async () => {
    const [{ id }] = (await database.query('select id from workflow order by id desc limit 1')).rows;
    await database.query(
      `insert into workflow_run (run_id, user_id, workflow_id, status, source, inputs, completed_at)
       select gen_random_uuid(), 1, $1, 'COMPLETED', 'MANUAL', json_build_object('text', repeat('x', 900)), now()
       from generate_series(1, 8000)`,
      [id],
    );
    const { body } = await seer.admin.get('/v1/admin/storage');
    expect(body.estimated).toBe(true);
    const [first] = body.workflows;
    expect(first.runs).toBeGreaterThan(4_000);
    expect(first.runs).toBeLessThan(16_000);
  });
});
