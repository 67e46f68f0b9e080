import { type User } from '../../src/users/index.js';
import { startApp, type TestApp } from '../support/app.js';
import { makeCaller } from '../support/callers.js';
import { type Client } from '../support/client.js';
import { makePublished, runSpec, specOf } from '../support/factories.js';
import { untilRun } from '../support/runs.js';

const fine = specOf([{ id: 'a', type: 'set', value: 'what is in it' }]);
const broken = specOf([{ id: 'b', type: 'fail', message: 'No more' }]);
const patient = specOf([{ id: 'ok', type: 'approval', title: 'Go?' }]);

let seer: TestApp;
let ada: Client;
let bob: Client;
let users: { ada: User; bob: User };
/** Ids of runs, by what they are. */
let ids: Record<'fine' | 'broken' | 'waiting' | 'ofBob', string>;
let workflowId: string;

beforeAll(async () => {
  seer = await startApp();
  const [one, other] = [await makeCaller(seer.app), await makeCaller(seer.app)];
  users = { ada: one.user, bob: other.user };
  ada = seer.stranger.as(one.token);
  bob = seer.stranger.as(other.token);
  workflowId = await makePublished(ada, fine);
  const ofWorkflow = await ada.post(`/v1/workflows/${workflowId}/runs?mode=sync`, {});
  const waiting = await ada.post('/v1/runs', { spec: patient });
  ids = {
    fine: ofWorkflow.body.run_id,
    waiting: waiting.body.run_id,
    broken: (await runSpec(ada, broken)).run_id,
    ofBob: (await runSpec(bob, fine)).run_id,
  };
  await untilRun(ada, ids.waiting, ['WAITING']);
});

afterAll(() => seer.close());

const listed = async (query = '') => {
  const { status, body } = await seer.admin.get(`/v1/admin/runs${query}`);
  expect([status, body]).toEqual([200, expect.anything()]);
  return body.items as any[];
};
const idsOf = async (query: string) => (await listed(query)).map(({ run_id: id }) => id);

describe('GET /v1/admin/runs', () => {
  it('has the runs of all users, the newest first, each with its owner', async () => {
    const runs = await listed();
    expect(runs.map(({ run_id: id }) => id)).toEqual([ids.ofBob, ids.broken, ids.waiting, ids.fine]);
    expect(runs[0].owner).toEqual({
      user_id: users.bob.userId,
      issuer: 'https://id.example.com',
      email: 'ada@example.com',
    });
    expect(runs[3].owner.user_id).toBe(users.ada.userId);
  });

  it('is filtered by user, workflow, status, source, error code and time', async () => {
    expect(await idsOf(`?user_id=${users.bob.userId}`)).toEqual([ids.ofBob]);
    expect(await idsOf('?user_id=nobody')).toEqual([]);
    expect(await idsOf(`?workflow_id=${workflowId}`)).toEqual([ids.fine]);
    expect(await idsOf('?status=FAILED,WAITING')).toEqual([ids.broken, ids.waiting]);
    expect(await idsOf('?source=TRIGGER')).toEqual([]);
    expect(await idsOf('?error_code=failed')).toEqual([ids.broken]);
    expect(await idsOf(`?error_code=failed&user_id=${users.bob.userId}`)).toEqual([]);
    const [first] = await listed(`?workflow_id=${workflowId}`);
    expect(await idsOf(`?created_after=${first.created_at}&status=COMPLETED`)).toEqual([ids.ofBob, ids.fine]);
    expect(await idsOf(`?created_before=${first.created_at}`)).toEqual([]);
    expect(await seer.admin.get('/v1/admin/runs?error_code=A%20b')).toMatchObject({ status: 400 });
  });

  it('comes in pages, whose cursors are good for this list alone', async () => {
    const { body } = await seer.admin.get('/v1/admin/runs?limit=3');
    const next = `cursor=${body.next_cursor}&limit=3`;
    expect(await idsOf(`?${next}`)).toEqual([ids.fine]);
    for (const path of [
      `/v1/admin/runs?${next}&status=FAILED`,
      `/v1/runs?${next}`,
      `/v1/admin/subscriptions?${next}`,
    ]) {
      expect(await seer.admin.get(path)).toMatchObject({ status: 400, body: { code: 'cursor-invalid' } });
    }
    const { token } = await makeCaller(seer.app, { role: 'admin', scopes: ['admin'] });
    expect((await seer.stranger.as(token).get(`/v1/admin/runs?${next}`)).status).toBe(400);
  });

  it('shows nothing that is for the owner alone: no contents, and no link that answers an approval', async () => {
    const runs = await listed();
    expect(JSON.stringify(runs)).not.toContain('what is in it');
    const waiting = runs.find(({ run_id: id }) => id === ids.waiting);
    expect(waiting.waiting_for).toEqual([expect.objectContaining({ title: 'Go?', approval_url: null })]);
    expect((await untilRun(ada, ids.waiting, ['WAITING'])).waiting_for![0]!.approval_url).toContain('/v1/approvals/');
  });
});

describe('GET /v1/admin/runs/{id}', () => {
  it('explains a run of anybody', async () => {
    const { body } = await seer.admin.get(`/v1/admin/runs/${ids.broken}`);
    expect(body).toMatchObject({
      owner: { user_id: users.ada.userId },
      status: 'FAILED',
      explanation: { start: { user_id: users.ada.userId }, failure: { code: 'failed', node_id: 'b' } },
    });
    expect(body).not.toHaveProperty('outputs');
  });

  it.each(['run_00000000-0000-7000-8000-000000000000', 'x', 'run_1'])('knows no %s', async (id) => {
    const none = { status: 404, body: { code: 'run-not-found' } };
    expect(await seer.admin.get(`/v1/admin/runs/${id}`)).toMatchObject(none);
    expect(await seer.admin.post(`/v1/admin/runs/${id}/cancel`)).toMatchObject(none);
  });
});

describe('POST /v1/admin/runs/{id}/cancel', () => {
  it('cancels a run of anybody, and says who did', async () => {
    const { body } = await bob.post('/v1/runs', { spec: patient });
    await untilRun(bob, body.run_id, ['WAITING']);
    const cancelled = await seer.admin.post(`/v1/admin/runs/${body.run_id}/cancel`);
    expect(cancelled).toMatchObject({ status: 200, body: { status: 'CANCELLED', waiting_for: null } });
    expect((await bob.get(`/v1/runs/${body.run_id}`)).body).toMatchObject({
      status: 'CANCELLED',
      error: 'The run was cancelled by an administrator.',
    });
    expect(await idsOf('?error_code=cancelled')).toEqual([body.run_id]);
  });

  it('leaves one that is over as it is', async () => {
    const { body } = await seer.admin.post(`/v1/admin/runs/${ids.fine}/cancel`);
    expect(body).toMatchObject({ status: 'COMPLETED', error: null });
  });
});
