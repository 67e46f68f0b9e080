import { startApp, type TestApp } from './support/app.js';
import { makeCaller } from './support/callers.js';
import { type Client } from './support/client.js';
import { connect } from './support/database.js';
import { makePublished, runSpec, specOf } from './support/factories.js';
import { echoSpec, eventsOf, pathOf, subscribe, untilEvents } from './support/triggers.js';

const small = specOf([{ id: 'one', type: 'set', value: 1 }]);
const QUOTA = 3;
const DAY_SECONDS = 86_400;
const variables = { SEER_RUNS_PER_USER_PER_DAY: String(QUOTA) };

let seer: TestApp;

beforeAll(async () => {
  seer = await startApp(variables);
});

afterAll(() => seer.close());

async function newCaller(): Promise<Client> {
  return seer.stranger.as((await makeCaller(seer.app)).token);
}

async function useUp(caller: Client): Promise<void> {
  for (let n = 0; n < QUOTA; n++) expect((await runSpec(caller, small)).status).toBe('COMPLETED');
}

describe('a quota of runs', () => {
  it('refuses one more, says when it will be possible, and leaves other users alone', async () => {
    const caller = await newCaller();
    await useUp(caller);

    const refused = await caller.post('/v1/runs', { spec: small });

    expect(refused).toMatchObject({
      status: 429,
      body: { code: 'run-quota', detail: expect.stringContaining('3 runs') },
    });
    const seconds = Number(refused.headers.get('retry-after'));
    expect(seconds).toBeGreaterThan(DAY_SECONDS - 60);
    expect(seconds).toBeLessThanOrEqual(DAY_SECONDS);
    expect((await caller.get('/v1/runs')).body.items).toHaveLength(QUOTA);
    expect((await runSpec(await newCaller(), small)).status).toBe('COMPLETED');
  });

  it('holds for forks', async () => {
    const caller = await newCaller();
    await useUp(caller);
    const [run] = (await caller.get('/v1/runs')).body.items;
    const { items } = (await caller.get(`/v1/runs/${run.run_id}/checkpoints`)).body;

    const refused = await caller.post(`/v1/runs/${run.run_id}/fork`, { checkpoint_id: items[0].checkpoint_id });

    expect(refused).toMatchObject({ status: 429, body: { code: 'run-quota' } });
  });

  it('tells the sender of a webhook to come again, and the owner that somebody was sent away', async () => {
    const caller = await newCaller();
    const workflowId = await makePublished(caller, echoSpec);
    const hook = await subscribe(caller, workflowId, 'webhook', { verify: { type: 'none' } });
    await useUp(caller);

    const refused = await seer.stranger.post(pathOf(hook.webhook_url), { n: 1 });

    expect(refused).toMatchObject({ status: 429, body: { code: 'run-quota' } });
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await eventsOf(caller, hook.subscription_id)).toMatchObject([
      { verdict: 'rejected', reason: expect.stringContaining('quota of 3 runs'), event_hash: null },
    ]);
  });

  it('skips what nobody would send again, in the ledger', async () => {
    const caller = await newCaller();
    const watched = await makePublished(caller, small);
    const watcher = await subscribe(caller, await makePublished(caller, echoSpec), 'workflow_finished', {
      workflow_id: watched,
    });
    for (let n = 0; n < QUOTA - 1; n++) await runSpec(caller, small);
    await caller.post(`/v1/workflows/${watched}/runs?mode=sync`, {});

    const events = await untilEvents(caller, watcher.subscription_id, 1);

    expect(events).toMatchObject([
      { verdict: 'skipped', reason: expect.stringContaining('quota of 3 runs'), run_id: null },
    ]);
  });

  it('counts the runs of the last day, in every process', async () => {
    const caller = await newCaller();
    await useUp(caller);
    await elsewhere(caller, async (there) => {
      expect((await there.post('/v1/runs', { spec: small })).status).toBe(429);
    });
    await aDayPasses(caller);
    await elsewhere(caller, async (there) => {
      expect((await runSpec(there, small)).status).toBe('COMPLETED');
    });
  });

  it('counts runs that are deleted with their workflow, and what these have started', async () => {
    const caller = await newCaller();
    const child = await makePublished(caller, small);
    const parent = await makePublished(caller, specOf([{ id: 'c', type: 'workflow', workflow_id: child }]));
    await caller.post(`/v1/workflows/${parent}/runs?mode=sync`, {});
    expect((await caller.get('/v1/runs')).body.items).toHaveLength(2);

    await caller.delete(`/v1/workflows/${parent}`);

    expect((await caller.get('/v1/runs')).body.items).toHaveLength(0);
    await elsewhere(caller, async (there) => {
      expect((await runSpec(there, small)).status).toBe('COMPLETED');
      expect(await there.post('/v1/runs', { spec: small })).toMatchObject({ status: 429, body: { code: 'run-quota' } });
    });
    await aDayPasses(caller);
    await elsewhere(caller, async (there) => {
      await there.post(`/v1/workflows/${child}/runs?mode=sync`, {});
      await there.delete(`/v1/workflows/${child}`);
    });
    expect(await deletedRuns(caller)).toBe(1);
  });
});

/** In another process, which has counted nothing yet. */
async function elsewhere(caller: Client, act: (there: Client) => Promise<void>): Promise<void> {
  const other = await startApp(variables, seer.databaseUrl);
  try {
    await act(other.stranger.as(caller.authorization.authorization!.slice('Bearer '.length)));
  } finally {
    await other.close();
  }
}

/** How many deleted ones are remembered. */
async function deletedRuns(caller: Client): Promise<number> {
  const { id } = (await caller.get('/v1/me')).body;
  const client = await connect(seer.databaseUrl);
  const { rows } = await client.query<{ runs: number }>(
    `select coalesce(sum(runs), 0)::int as runs from deleted_run_count
      where user_id = (select id from "user" where public_id = $1)`,
    [String(id).slice('usr_'.length)],
  );
  await client.end();
  return rows[0]!.runs;
}

/** The ids of runs tell when they began, and what is remembered of deleted ones. */
async function aDayPasses(caller: Client): Promise<void> {
  const { items } = (await caller.get('/v1/runs')).body;
  const client = await connect(seer.databaseUrl);
  const earlier = (Date.now() - DAY_SECONDS * 1_000).toString(16).padStart(12, '0');
  for (const { run_id: runId } of items) {
    const uuid = String(runId).slice('run_'.length);
    await client.query('delete from workflow_run_step where run_id = $1', [uuid]);
    await client.query('update workflow_run set run_id = $2 where run_id = $1', [
      uuid,
      `${earlier.slice(0, 8)}-${earlier.slice(8)}${uuid.slice(13)}`,
    ]);
  }
  await client.query(`update deleted_run_count set span = '000' || right(span, -3)`);
  await client.end();
}
