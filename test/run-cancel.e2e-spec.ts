import { startApp, type TestApp } from './support/app.js';
import { makeCaller } from './support/callers.js';
import { connect, createTestDatabase } from './support/database.js';
import { makePublished, runSpec, specOf } from './support/factories.js';
import { json, type Peer, startPeer } from './support/peer.js';
import { untilRun } from './support/runs.js';

let seer: TestApp;
/** Another process of the same installation, which executes the runs that the first one only accepts. */
let worker: TestApp;
let peer: Peer;
/** Requests to `/slow` whose answer is held back. */
let heldBack: (() => void)[] = [];
let closed = 0;

beforeAll(async () => {
  peer = await startPeer((request, response) => {
    if (request.url === '/slow') {
      heldBack.push(() => json(response, 'slow'));
      response.on('close', () => (closed += response.writableFinished ? 0 : 1));
    } else json(response, { path: request.url });
  });
  const database = await createTestDatabase();
  seer = await startApp({ SEER_ROLE: 'api' }, database);
  worker = await startApp({}, database);
});

afterAll(async () => {
  await Promise.all([seer.close(), worker.close()]);
  await peer.close();
});

beforeEach(() => {
  heldBack = [];
  closed = 0;
});

const call = (path: string) => ({
  id: path,
  type: 'tool',
  tool: 'http.request',
  inputs: { url: `${peer.url}/${path}` },
});
const waiting = { id: 'w', type: 'wait', for: '1d' };
const start = async (spec: object, app = seer) => (await app.admin.post('/v1/runs', { spec })).body.run_id as string;
const cancel = (run: string, app = seer) => app.admin.post(`/v1/runs/${run}/cancel`);

async function untilHeldBack(): Promise<void> {
  for (const late = Date.now() + 10_000; heldBack.length === 0 && Date.now() < late;) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  expect(heldBack).toHaveLength(1);
}

describe('POST /v1/runs/{id}/cancel', () => {
  it('refuses a stranger, and knows no run of others', async () => {
    const run = await start(specOf([waiting]));
    expect((await seer.stranger.post(`/v1/runs/${run}/cancel`)).status).toBe(401);
    const { token } = await makeCaller(seer.app);
    expect((await seer.admin.as(token).post(`/v1/runs/${run}/cancel`)).status).toBe(404);
    expect((await cancel('run_nope')).status).toBe(404);
    await untilRun(seer.admin, run, ['WAITING']);
  });

  it('ends a run that waits', async () => {
    const run = await start(specOf([waiting, call('never')]));
    await untilRun(seer.admin, run, ['WAITING']);
    const { status, body } = await cancel(run);
    expect(status).toBe(200);
    expect(body).toMatchObject({ status: 'CANCELLED', waiting_for: null, error_detail: { code: 'cancelled' } });
    expect(body.completed_at).not.toBeNull();
    expect((await seer.admin.post(`/v1/runs/${run}/resume`, {})).status).toBe(409);
  });

  it('ends a run that another process executes, and the request that it has under way', async () => {
    const run = await start(specOf([call('done'), call('slow'), call('never')]));
    await untilHeldBack();
    expect((await cancel(run)).body.status).toBe('CANCELLED');
    while (closed === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    const { body } = await seer.admin.get(`/v1/runs/${run}/steps`);
    expect(body.items.map(({ path }: { path: string }) => path)).toEqual(['done']);
    expect(peer.requests.map(({ path }) => path)).not.toContain('/never');
    expect((await seer.admin.get(`/v1/runs/${run}`)).body.status).toBe('CANCELLED');
  });

  it('gives a run that is over as it is', async () => {
    const { run_id: run } = await runSpec(seer.admin, specOf([{ id: 'a', type: 'set', value: 1 }]));
    const { status, body } = await cancel(run);
    expect(status).toBe(200);
    expect(body).toMatchObject({ status: 'COMPLETED', outputs: 1 });
    const cancelled = await start(specOf([waiting]));
    await untilRun(seer.admin, cancelled, ['WAITING']);
    const first = (await cancel(cancelled)).body;
    expect((await cancel(cancelled)).body).toEqual(first);
  });

  it('ends the runs that the run has started as well', async () => {
    const child = await makePublished(seer.admin, specOf([waiting]));
    const middle = await makePublished(seer.admin, specOf([{ id: 'c', type: 'workflow', workflow_id: child }]));
    const run = await start(specOf([{ id: 'm', type: 'workflow', workflow_id: middle }]));
    const down = async (id: string) => {
      const found = await untilRun(seer.admin, id, ['WAITING'], ({ waiting_for: waits }) => waits?.[0]?.run_id != null);
      return found.waiting_for![0]!.run_id!;
    };
    const inner = await down(await down(run));
    await untilRun(seer.admin, inner, ['WAITING']);
    await cancel(run);
    expect((await seer.admin.get(`/v1/runs/${inner}`)).body.status).toBe('CANCELLED');
  });

  it('lets a request that waits for the run go', async () => {
    const id = await makePublished(seer.admin, specOf([call('slow')]));
    const sync = seer.admin.post(`/v1/workflows/${id}/runs?mode=sync`, {});
    await untilHeldBack();
    const { items } = (await seer.admin.get(`/v1/runs?workflow_id=${id}`)).body;
    await cancel(items[0].run_id);
    expect((await sync).body).toMatchObject({ status: 'CANCELLED' });
  });
});

describe('a run that completes while it is cancelled', () => {
  it('is in the end one of the two, whoever looks, 1,000 times', async () => {
    const pure = specOf([{ id: 'a', type: 'set', value: 1 }]);
    const ends: string[] = [];
    for (let round = 0; round < 20; round++) {
      const races = Array.from({ length: 50 }, async () => {
        const run = await start(pure);
        const { body } = await cancel(run, worker);
        expect(['COMPLETED', 'CANCELLED']).toContain(body.status);
        const { body: later } = await seer.admin.get(`/v1/runs/${run}`);
        // Final is final: what the canceller saw is what stays.
        expect(later).toEqual(body);
        expect(later.outputs === null).toBe(later.status === 'CANCELLED');
        return later.status as string;
      });
      ends.push(...(await Promise.all(races)));
    }
    expect(ends).toHaveLength(1_000);
    expect(new Set(ends)).toEqual(new Set(['COMPLETED', 'CANCELLED']));
  });
});

describe('a cancel that waits for somebody who waits for it', () => {
  it('is done when the other is through', async () => {
    const child = await makePublished(seer.admin, specOf([waiting]));
    const parent = await start(specOf([{ id: 'child', type: 'workflow', workflow_id: child }]));
    await untilRun(seer.admin, parent, ['WAITING']);
    const other = await connect(seer.databaseUrl);
    const uuid = parent.slice('run_'.length);
    await other.query('begin');
    // What the end of a child does: it has its own row, and then wants that of its parent.
    await other.query('select from workflow_run where parent_run_id = $1 for update', [uuid]);
    const cancelled = cancel(parent);
    const observer = await connect(seer.databaseUrl);
    const blocked = `select count(*)::int as waiting from pg_stat_activity
      where datname = current_database() and wait_event_type = 'Lock'`;
    while ((await observer.query(blocked)).rows[0].waiting === 0)
      await new Promise((resolve) => setTimeout(resolve, 20));
    await other.query('update workflow_run set tries = tries where run_id = $1', [uuid]);
    await other.query('commit');
    const { status, body } = await cancelled;
    expect([status, body.status]).toEqual([200, 'CANCELLED']);
    await Promise.all([other.end(), observer.end()]);
  });
});
