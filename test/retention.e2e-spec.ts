import { randomBytes } from 'node:crypto';
import { type Client as Connection } from 'pg';
import { Pruning } from '../src/admin/retention/pruning.service.js';
import { startApp, type TestApp } from './support/app.js';
import { makeCaller } from './support/callers.js';
import { connect } from './support/database.js';
import { makePublished, specOf } from './support/factories.js';

const DAY = 86_400_000;
/** No reason to stop. */
const never = new AbortController().signal;

let seer: TestApp;
let behind: Connection;
let userId: string;
let workflow: { id: string; version: string };

beforeAll(async () => {
  // It would execute the runs that are written here. Defaults: COMPLETED and CANCELLED 30 days, FAILED and events 90.
  seer = await startApp({ SEER_ROLE: 'api' });
  behind = await connect(seer.databaseUrl);
  await makePublished(seer.admin, specOf([{ id: 'a', type: 'set', value: 1 }]));
  const { rows } = await behind.query('select w.user_id, w.id, w.published_version_id from workflow w');
  userId = rows[0].user_id;
  workflow = { id: rows[0].id, version: rows[0].published_version_id };
});

beforeEach(() => behind.query('truncate workflow_run, workflow_run_step, trigger_event, retention_pass'));

afterAll(async () => {
  await behind?.end();
  await seer?.close();
});

/** A UUID version 7 of so many days ago. */
function idOf(daysAgo: number): string {
  const hex = `${(Date.now() - daysAgo * DAY).toString(16).padStart(12, '0')}7000${randomBytes(8).toString('hex')}`;
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/, '$1-$2-$3-$4-$5');
}

interface OldRun {
  status?: string;
  /** Days ago. */
  made: number;
  /** Days ago; at once, unless it is said. */
  ended?: number;
  steps?: number;
  parent?: string;
  event?: string;
  isFork?: boolean;
}

/** A run as the engine leaves it. @returns its uuid */
async function oldRun({ status = 'COMPLETED', made, ended = made, steps = 1, parent, event, isFork = false }: OldRun) {
  const id = idOf(made);
  const isOver = ['COMPLETED', 'FAILED', 'CANCELLED'].includes(status);
  await behind.query(
    `insert into workflow_run (run_id, user_id, workflow_id, workflow_version_id, status, source, created_at, completed_at, parent_run_id,
       parent_path, trigger_event_id, forked_from_run_id, forked_from_step)
     values ($1, $2, $3, $4, $5, 'MANUAL', now() - $6::float8 * interval '1 day', now() - $7::float8 * interval '1 day', $8, gen_random_uuid(),
       $9, $10, $11)`,
    [
      ...[
        id,
        userId,
        workflow.id,
        workflow.version,
        status,
        made,
        isOver ? ended : null,
        parent ?? null,
        event ?? null,
      ],
      ...(isFork ? [idOf(200), 1] : [null, null]),
    ],
  );
  await behind.query(
    `insert into workflow_run_step (run_id, path, attempt, seq, node_id, status, started_at, completed_at)
     select $1, 'a[' || n || ']', 1, n, 'a', 'COMPLETED', now(), now() from generate_series(1, $2::int) n`,
    [id, steps],
  );
  return id;
}

let subscription: string | undefined;

/** An event that came so many days ago. @returns its uuid */
async function oldEvent(daysAgo: number, runId: string | null = null): Promise<string> {
  const id = idOf(daysAgo);
  subscription ??= (
    await behind.query(
      `insert into trigger_subscription (subscription_id, user_id, workflow_id, trigger_type, mode, config, revision, enabled, status, fence,
         failures) values ($1, $2, $3, 'webhook', 'webhook', '{}', 1, true, 'active', 0, 0) returning id`,
      [idOf(300), userId, workflow.id],
    )
  ).rows[0].id;
  await behind.query(
    `insert into trigger_event (user_id, event_id, subscription_id, verdict, run_id, created_at)
     values ($1, $2, $3, $4, $5, now() - $6::float8 * interval '1 day')`,
    [userId, id, subscription, runId ? 'accepted' : 'filtered', runId, daysAgo],
  );
  return id;
}

const left = async (table: 'run' | 'event'): Promise<string[]> => {
  const name = table === 'run' ? 'workflow_run' : 'trigger_event';
  return (await behind.query(`select ${table}_id as id from ${name} order by 1`)).rows.map(({ id }) => id);
};
const steps = async (): Promise<number> =>
  (await behind.query('select count(*)::int as n from workflow_run_step')).rows[0].n;
const pass = (): Promise<void> => seer.app.get(Pruning).pass(never);
const inOrder = (...ids: string[]): string[] => ids.sort();

describe('runs', () => {
  it('go with their steps, each status at its age, and none that is not over', async () => {
    const kept = [
      await oldRun({ made: 29.9 }),
      await oldRun({ status: 'CANCELLED', made: 29.9 }),
      await oldRun({ status: 'FAILED', made: 89.9 }),
      // Counted from the end: it has waited for long.
      await oldRun({ made: 59, ended: 29.9 }),
      await oldRun({ status: 'QUEUED', made: 400 }),
      await oldRun({ status: 'RUNNING', made: 400 }),
      await oldRun({ status: 'WAITING', made: 400 }),
    ];
    await oldRun({ made: 30.1, steps: 5 });
    await oldRun({ status: 'CANCELLED', made: 30.1 });
    await oldRun({ status: 'FAILED', made: 90.1 });
    await oldRun({ made: 4_000 });
    await pass();
    expect(await left('run')).toEqual(inOrder(...kept));
    expect(await steps()).toBe(kept.length);
  });

  it('stay for ever when that is off', async () => {
    const kept = await oldRun({ status: 'FAILED', made: 4_000 });
    await oldRun({ made: 31 });
    const other = await startApp({ SEER_ROLE: 'api', SEER_RETENTION_FAILED: 'off' }, seer.databaseUrl);
    await other.app.get(Pruning).pass(never);
    await other.close();
    expect(await left('run')).toEqual([kept]);
  });

  it('stay while the run that they were started by goes on, or one that they started is there', async () => {
    const waiting = await oldRun({ status: 'WAITING', made: 60 });
    const childOfLiving = await oldRun({ made: 60, parent: waiting });
    const over = await oldRun({ made: 60 });
    const livingChild = await oldRun({ status: 'RUNNING', made: 59, parent: over });
    const withFailed = await oldRun({ made: 60 });
    const failedChild = await oldRun({ status: 'FAILED', made: 59, parent: withFailed });
    const family = await oldRun({ made: 60 });
    const child = await oldRun({ made: 59, parent: family });
    await oldRun({ made: 58, parent: child });
    // One generation goes in each pass.
    for (let generation = 0; generation < 3; generation++) await pass();
    expect(await left('run')).toEqual(inOrder(waiting, childOfLiving, over, livingChild, withFailed, failedChild));
  });

  it('go in batches of many, and of one that is larger than a batch', async () => {
    await oldRun({ made: 100, steps: 12_000 });
    await oldRun({ made: 100, steps: 12_000 });
    for (let n = 0; n < 3; n++) await oldRun({ made: 99, steps: 4_000 });
    const young = await oldRun({ made: 1 });
    await pass();
    expect(await left('run')).toEqual([young]);
    expect(await steps()).toBe(1);
  });
});

describe('events', () => {
  it('go at their age, but stay as long as their run, or a fork of it', async () => {
    const run = await oldRun({ status: 'FAILED', made: 95, ended: 80 });
    const ofFork = await oldEvent(200, idOf(200));
    await oldRun({ status: 'WAITING', made: 10, event: ofFork, isFork: true });
    const kept = [await oldEvent(89.9), await oldEvent(95, run), ofFork];
    await oldEvent(90.1);
    await oldEvent(95, idOf(95));
    await pass();
    expect(await left('event')).toEqual(inOrder(...kept));
  });

  it('go with their run in one pass', async () => {
    await oldEvent(100, await oldRun({ status: 'FAILED', made: 100 }));
    await pass();
    expect([...(await left('run')), ...(await left('event'))]).toEqual([]);
  });
});

describe('a pass', () => {
  it('passes by what somebody else has locked, and waits for nobody', async () => {
    const locked = await oldRun({ made: 40 });
    await oldRun({ made: 41 });
    await behind.query('begin');
    await behind.query('select from workflow_run where run_id = $1 for update', [locked]);
    await pass();
    await behind.query('commit');
    expect(await left('run')).toEqual([locked]);
  });

  it('that is killed leaves each run whole or gone, and the next one goes on', async () => {
    const runs = [];
    for (let n = 0; n < 5; n++) runs.push(await oldRun({ made: 40 + n, steps: 3 }));
    await oldRun({ made: 39, steps: 1_990 });
    const young = await oldRun({ made: 1, steps: 3 });
    await behind.query('begin');
    // In the second batch: it stops there, in the middle of its statement.
    await behind.query(`select from workflow_run_step where run_id = $1 for update`, [runs[2]]);
    const killed = expect(pass()).rejects.toThrow();
    const killer = await connect(seer.databaseUrl);
    const { rows } = await behind.query('select pg_backend_pid() as pid');
    const kill = 'select pg_terminate_backend(pid) from pg_stat_activity where $1 = any(pg_blocking_pids(pid))';
    while ((await killer.query(kill, [rows[0].pid])).rowCount === 0);
    await killer.end();
    await killed;
    await behind.query('commit');
    // The first batch had room for two of them.
    expect(await left('run')).toEqual(inOrder(...runs.slice(2), young));
    expect(await steps()).toBe(12);
    // The pool may still have to notice that the connection is gone.
    let state = await seer.admin.get('/v1/admin/retention');
    while (state.status === 503) state = await seer.admin.get('/v1/admin/retention');
    expect(state.body.last_pass).toMatchObject({ finished_at: null, rows: { runs: 3 } });
    await pass();
    expect(await left('run')).toEqual([young]);
    expect((await seer.admin.get('/v1/admin/retention')).body.last_pass.rows).toMatchObject({ runs: 6 });
  });

  it('may be done by several processes at once', async () => {
    await behind.query(
      `insert into workflow_run (run_id, user_id, workflow_id, workflow_version_id, status, source, created_at, completed_at)
       select (substr($1, 1, 19) || '8' || substr(md5(n::text), 1, 3) || '-' || substr(md5(n::text), 4, 12))::uuid, $2, $3, $4, 'COMPLETED',
         'MANUAL', now() - interval '50 days', now() - interval '50 days' from generate_series(1, 5000) n`,
      [idOf(50), userId, workflow.id, workflow.version],
    );
    const young = await oldRun({ made: 1 });
    const other = await startApp({ SEER_ROLE: 'api' }, seer.databaseUrl);
    await Promise.all([pass(), pass(), other.app.get(Pruning).pass(never)]);
    await other.close();
    expect(await left('run')).toEqual([young]);
  });
});

describe('the audit', () => {
  it('goes at its age, though nobody else may delete it', async () => {
    const add = (days: number) =>
      behind.query(
        `insert into audit_entry (entry_id, actor_kind, action, details, created_at)
         values ($1, 'system', 'old.entry', '{}', now() - $2::int * interval '1 day')`,
        [idOf(days), days],
      );
    await add(364);
    await add(366);
    await pass();
    const { rows } = await behind.query(
      `select (now()::date - created_at::date) as days from audit_entry where action = 'old.entry'`,
    );
    expect(rows).toEqual([{ days: 364 }]);
  });
});

describe('an account that nobody has finished to connect', () => {
  it('is forgotten when it cannot be finished any more', async () => {
    const add = (state: string, minutes: number) =>
      behind.query(
        `insert into oauth_authorization
           (state_hash, user_id, provider, browser_hash, code_verifier, scopes, expires_at)
         values ($1, $2, 'google', 'b', 'v', '{}', now() + $3::int * interval '1 minute')`,
        [state, userId, minutes],
      );
    await add('open', 1);
    await add('over', -1);
    await pass();
    const { rows } = await behind.query('select state_hash from oauth_authorization');
    expect(rows).toEqual([{ state_hash: 'open' }]);
    expect((await seer.admin.get('/v1/admin/retention')).body.last_pass.rows).toMatchObject({ authorizations: 1 });
  });
});

describe('/v1/admin', () => {
  it('tells what is kept, and prunes now', async () => {
    await oldRun({ made: 40 });
    const { body } = await seer.admin.get('/v1/admin/retention');
    expect(body.last_pass).toBeNull();
    expect(Object.fromEntries(body.rules.map((rule: any) => [rule.what, rule.keep_seconds / 86_400]))).toMatchObject({
      'runs.completed': 30,
      'runs.failed': 90,
      'runs.cancelled': 30,
      events: 90,
      idempotency: 1,
      authorizations: 10 / 1_440,
    });
    expect((await seer.admin.post('/v1/admin/prune')).status).toBe(202);
    expect((await seer.admin.post('/v1/admin/prune')).body).toEqual({ job: 'prune', is_new: false });
    const worker = await startApp({}, seer.databaseUrl);
    try {
      let last;
      do last = (await seer.admin.get('/v1/admin/retention')).body.last_pass;
      while (!last?.finished_at);
      expect(last.rows).toEqual({ runs: 1 });
      expect(last.seconds).toBeGreaterThanOrEqual(0);
    } finally {
      await worker.close();
    }
    expect(await left('run')).toEqual([]);
  });

  it('does so for administrators only', async () => {
    const member = seer.stranger.as((await makeCaller(seer.app)).token);
    expect((await member.get('/v1/admin/retention')).status).toBe(403);
    expect((await member.post('/v1/admin/prune')).status).toBe(403);
  });
});

it('what is estimated is what the statistics say', async () => {
  for (let n = 0; n < 20; n++) await oldRun({ made: 40 + n });
  for (let n = 0; n < 20; n++) await oldRun({ made: n });
  await behind.query('analyze workflow_run');
  const { body } = await seer.admin.get('/v1/admin/retention');
  const due = body.rules.find(({ what }: { what: string }) => what === 'runs.completed').due_estimate;
  expect(due).toBeGreaterThan(10);
  expect(due).toBeLessThan(30);
});
