import { type Answer } from './support/answer.js';
import { startApp, type TestApp } from './support/app.js';
import { makeCaller } from './support/callers.js';
import { type Client } from './support/client.js';
import { connect } from './support/database.js';
import { makePublished, runSpec, specOf } from './support/factories.js';
import { json, type Peer, startPeer } from './support/peer.js';
import { completedPaths, untilRun } from './support/runs.js';

let seer: TestApp;
let client: Client;
let peer: Peer;

beforeAll(async () => {
  seer = await startApp({ SEER_SYNC_WAIT_SECONDS: '5' });
  client = seer.admin;
  peer = await startPeer((request, response) => {
    if (request.url!.startsWith('/down')) json(response, { reason: 'maintenance' }, 503);
    else json(response, JSON.stringify(request.url!.slice(1)));
  });
});

afterAll(async () => {
  await seer.close();
  await peer.close();
});

const post = (id: string, path = `/${id}`, more: object = {}) => ({
  id,
  type: 'tool',
  tool: 'http.request',
  inputs: { url: `${peer.url}${path}`, method: 'POST' },
  ...more,
});
const set = (id: string, value: unknown, more: object = {}) => ({ id, type: 'set', value, ...more });

const routes = (id: string): [method: 'get' | 'post', path: string][] => [
  ['get', `/v1/runs/${id}/checkpoints`],
  ['get', `/v1/runs/${id}/checkpoints/${id}:1`],
  ['get', `/v1/runs/${id}/explain`],
  ['get', `/v1/runs/${id}/events`],
  ['post', `/v1/runs/${id}/fork`],
  ['post', `/v1/runs/${id}/retry`],
];

describe('every route of a run', () => {
  it('refuses a stranger, and a key that may not', async () => {
    const run = await runSpec(client, specOf([set('a', 1)]));
    const outsider = client.as((await makeCaller(seer.app, { scopes: ['workflows:read'] })).token);
    const reader = client.as((await makeCaller(seer.app, { scopes: ['runs:read'] })).token);
    for (const [method, path] of routes(run.run_id)) {
      expect(await seer.stranger[method](path)).toMatchObject({ status: 401 });
      expect(await outsider[method](path)).toMatchObject({ status: 403 });
      if (method === 'post') expect(await reader[method](path)).toMatchObject({ status: 403 });
    }
  });

  it("takes another user's run for an unknown one", async () => {
    const run = await runSpec(client, specOf([set('a', 1)]));
    const other = seer.stranger.as((await makeCaller(seer.app)).token);
    const unknown = 'run_0190b6a0-7e2c-7d3a-9f10-3b6f2f0c1a2b';
    for (const id of [run.run_id, unknown, 'run_x']) {
      for (const [method, path] of routes(id)) {
        const body = path.endsWith('/fork') ? { checkpoint_id: `${id}:1` } : undefined;
        expect(await other.call(method.toUpperCase(), path, body)).toMatchObject({
          status: 404,
          body: { code: 'run-not-found', detail: `There is no run ${id} of yours.` },
        });
      }
    }
  });

  it("takes another run's checkpoint for an unknown one", async () => {
    const mine = seer.stranger.as((await makeCaller(seer.app)).token);
    const [own, foreign] = [await runSpec(mine, specOf([set('a', 1)])), await runSpec(client, specOf([set('a', 1)]))];
    for (const id of [`${foreign.run_id}:1`, `${own.run_id}:2`, `${own.run_id}:0`, own.run_id, 'x']) {
      const expected = {
        status: 404,
        body: { code: 'checkpoint-not-found', detail: `The run has no checkpoint ${id}.` },
      };
      expect(await mine.get(`/v1/runs/${own.run_id}/checkpoints/${id}`)).toMatchObject(expected);
      expect(await mine.post(`/v1/runs/${own.run_id}/fork`, { checkpoint_id: id })).toMatchObject(expected);
    }
  });
});

/** All checkpoints of a run, page by page. */
async function checkpointsOf(runId: string, limit = 100): Promise<any[]> {
  const items: any[] = [];
  for (let cursor: string | null = ''; cursor !== null;) {
    const { body }: Answer<any> = await client.get(
      `/v1/runs/${runId}/checkpoints?limit=${limit}${cursor && `&cursor=${cursor}`}`,
    );
    items.push(...body.items);
    cursor = body.next_cursor;
  }
  return items;
}

describe('GET /v1/runs/{id}/checkpoints', () => {
  const nodes = () => [
    set('list', [1, 2]),
    post('first'),
    {
      id: 'size',
      type: 'if',
      condition: 'size(list) > 1',
      then: [post('many'), set('text', 'many')],
      else: [post('few')],
    },
    {
      id: 'each',
      type: 'for_each',
      items: 'list',
      as: 'x',
      nodes: [post('send', '/${x}')],
    },
    { id: 'both', type: 'parallel', branches: { l: [post('l1'), post('l2')], r: [post('r1')] } },
    set('not', 1, { when: 'false' }),
    { id: 'again', type: 'repeat', until: 'true', max_iterations: 3, nodes: [post('round')] },
    set('end', '${again.body}'),
  ];

  it('has one after each node outside of loops, with what came next', async () => {
    const run = await runSpec(client, specOf(nodes()));
    expect(run.status).toBe('COMPLETED');
    const checkpoints = await checkpointsOf(run.run_id, 3);
    expect(checkpoints).toEqual(await checkpointsOf(run.run_id));
    const paths = await completedPaths(client, run.run_id);
    expect(checkpoints.map(({ node_id, step }) => [node_id, step])).toEqual(
      paths.flatMap((path, index) => (path.includes('[') ? [] : [[path, index + 1]])),
    );
    expect(checkpoints.map(({ checkpoint_id: id }) => id)).toEqual(
      checkpoints.map(({ step }) => `${run.run_id}:${step}`),
    );
    expect(checkpoints.map(({ parent_checkpoint_id: parent }) => parent)).toEqual([
      null,
      ...checkpoints.slice(0, -1).map(({ checkpoint_id: id }) => id),
    ]);
    const next = Object.fromEntries(checkpoints.map((checkpoint) => [checkpoint.node_id, checkpoint.next]));
    expect(next).toMatchObject({
      list: ['first'],
      first: ['many'],
      many: ['text'],
      text: ['size'],
      size: ['send'],
      each: ['l1', 'r1'],
      both: ['not'],
      not: ['round'],
      again: ['end'],
      end: [],
    });
    // Which of the two branches was quicker is not known.
    const inBoth = checkpoints.filter(({ node_id: id }) => ['l1', 'l2', 'r1'].includes(id));
    const left = ['l1', 'l2'];
    let isRightOver = false;
    for (const { node_id: id, next: following } of inBoth) {
      if (id === 'r1') isRightOver = true;
      else left.shift();
      const open = [...left.slice(0, 1), ...(isRightOver ? [] : ['r1'])];
      expect(following).toEqual(open.length > 0 ? open : ['both']);
    }
  });

  it('shows what later nodes see there', async () => {
    const id = await makePublished(
      client,
      specOf(nodes(), { inputs: { type: 'object', properties: { n: { default: 7 } } } }),
    );
    const { body: run } = await client.post(`/v1/workflows/${id}/runs?mode=sync`, {});
    const checkpoints = await checkpointsOf(run.run_id);
    const at = async (nodeId: string) => {
      const { checkpoint_id: id } = checkpoints.find(({ node_id }) => node_id === nodeId);
      return (await client.get(`/v1/runs/${run.run_id}/checkpoints/${id}`)).body;
    };
    const atEach = await at('each');
    expect(atEach).toMatchObject({ ...checkpoints.find(({ node_id }) => node_id === 'each') });
    expect(atEach.state.inputs).toEqual({ n: 7 });
    expect(Object.keys(atEach.state.nodes).sort()).toEqual(['each', 'first', 'list', 'many', 'size', 'text']);
    expect(atEach.state.nodes).toMatchObject({ list: [1, 2], size: 'many', each: [{ body: '1' }, { body: '2' }] });
    expect((await at('not')).state.nodes.not).toBeNull();
    expect((await at('list')).state.nodes).toEqual({ list: [1, 2] });
  });

  it('calls nobody, and tells where a run is that has failed or waits', async () => {
    const before = peer.requests.length;
    const failed = await runSpec(client, specOf([set('a', 1), post('bad', '/down'), post('after')]));
    expect(failed.status).toBe('FAILED');
    expect(await checkpointsOf(failed.run_id)).toMatchObject([{ node_id: 'a', next: ['bad'] }]);
    const waits = specOf([set('a', 1), { id: 'w', type: 'wait', for: '1h' }, post('after')]);
    const { body } = await client.post('/v1/runs', { spec: waits });
    await untilRun(client, body.run_id, ['WAITING']);
    expect(await checkpointsOf(body.run_id)).toMatchObject([{ node_id: 'a', next: ['w'] }]);
    expect(peer.requests.length - before).toBe(1);
  });

  it('is quick for a run of a thousand steps', async () => {
    const items = Array.from({ length: 1_000 }, (_, n) => n);
    const loop = { id: 'l', type: 'for_each', items: 'inputs', as: 'x', nodes: [set('one', '${x}')] };
    const beside = { id: 'p', type: 'parallel', branches: { l: [loop], r: [{ id: 'w', type: 'wait', for: '1h' }] } };
    const { body } = await client.post('/v1/runs', { spec: specOf([set('a', 1), beside]), inputs: items });
    await untilRun(client, body.run_id, ['WAITING']);
    const checkpoints = await checkpointsOf(body.run_id);
    expect(checkpoints).toMatchObject([
      { node_id: 'a', next: ['one', 'w'] },
      { node_id: 'l', step: 1_002, next: ['w'] },
    ]);
  });
});

describe('GET /v1/runs/{id}/explain', () => {
  const explain = async (runId: string) => (await client.get(`/v1/runs/${runId}/explain`)).body;

  it('says of a failed run why it failed and what a retry would do', async () => {
    const id = await makePublished(
      client,
      specOf([set('a', 1), { id: 'l', type: 'for_each', items: '[1, 2]', as: 'x', nodes: [post('bad', '/down')] }]),
    );
    const { body: run } = await client.post(`/v1/workflows/${id}/runs?mode=sync`, {});
    const explanation = await explain(run.run_id);
    expect(explanation).toMatchObject({
      run_id: run.run_id,
      start: { source: 'MANUAL', workflow_id: id, version_number: 1, parent_run_id: null, forked_from: null, tries: 1 },
      position: {
        status: 'FAILED',
        steps: 1,
        next: ['bad'],
        attempt: 1,
        crashes: 0,
        worker_alive: null,
        queued_before: null,
      },
      waiting: [],
      failure: {
        code: 'upstream-error',
        title: 'The other side failed',
        explanation: expect.stringContaining('a retry may help'),
        page: '/problems/upstream-error',
        node_id: 'bad',
        path: expect.stringMatching(/^bad\[[01]\]$/),
        attempt: 1,
        problem: expect.objectContaining({ status: 503 }),
      },
      retry: { possible: true, kept_steps: 1, kept_nodes: ['a'], next: ['bad'], next_writes: ['bad'] },
    });
    const { start, position, failure, retry } = explanation;
    expect(explanation.summary).toEqual([start, position, failure, retry].map(({ summary }) => summary));
    expect(retry.summary).toBe('A retry would keep 1 step and go on with bad, of which bad writes.');
  });

  it('says what a waiting run waits for, and until when', async () => {
    const child = await makePublished(client, specOf([{ id: 'w', type: 'wait', for: '2h' }]));
    const branches = {
      a: [{ id: 'ok', type: 'approval', title: 'Refund ${inputs.id}?', timeout: '1h' }],
      c: [{ id: 'sub', type: 'workflow', workflow_id: child }],
      w: [{ id: 'cool', type: 'wait', for: '3h' }],
    };
    const { body } = await client.post('/v1/runs', {
      spec: specOf([{ id: 'p', type: 'parallel', branches }]),
      inputs: { id: 7 },
    });
    const run = await untilRun(client, body.run_id, ['WAITING']);
    const { waiting, position, retry, failure } = await explain(body.run_id);
    const [ok, sub, cool] = ['ok', 'sub', 'cool'].map((path) => run.waiting_for!.find((one) => one.path === path)!);
    expect(waiting).toEqual(
      expect.arrayContaining([
        {
          type: 'approval',
          node_id: 'ok',
          path: 'ok',
          until: ok!.until,
          summary: `ok waits for an approval: "Refund 7?", until ${ok!.until}.`,
        },
        {
          type: 'workflow',
          node_id: 'sub',
          path: 'sub',
          until: null,
          summary: `sub waits for the end of ${sub!.run_id}.`,
        },
        {
          type: 'timer',
          node_id: 'cool',
          path: 'cool',
          until: cool!.until,
          summary: `cool waits for a time at ${cool!.until}.`,
        },
      ]),
    );
    expect(position).toMatchObject({ status: 'WAITING', next: ['ok', 'sub', 'cool'] });
    expect(retry).toMatchObject({ possible: false, next_writes: ['sub'] });
    expect(failure).toBeNull();
    expect((await explain(sub!.run_id!)).start).toMatchObject({ parent_run_id: body.run_id });
  });

  it('says of a queued run how many are before it, and of a running one whether its process lives', async () => {
    const api = await startApp({ SEER_ROLE: 'api' });
    const ids: string[] = [];
    for (let n = 0; n < 3; n++)
      ids.push((await api.admin.post('/v1/runs', { spec: specOf([set('a', 1)]) })).body.run_id);
    const of = async (id: string) => (await api.admin.get(`/v1/runs/${id}/explain`)).body;
    expect((await of(ids[2]!)).position).toMatchObject({ status: 'QUEUED', queued_before: 2, attempt: 0, next: ['a'] });
    const database = await connect(api.databaseUrl);
    await database.query(
      `update workflow_run set status = 'RUNNING', attempt = 2, crashes = 1, worker_id = gen_random_uuid() where run_id = $1`,
      [ids[0]!.slice(4)],
    );
    const { position } = await of(ids[0]!);
    expect(position).toMatchObject({ status: 'RUNNING', worker_alive: false, crashes: 1, attempt: 2 });
    expect(position.summary).toBe(
      'The process that executed it is gone, with 0 steps recorded; another one takes it over within 30 s and goes on with a. ' +
        'The process that executed it died once.',
    );
    await database.query(
      `insert into run_worker (worker_id, name, lease_until) select worker_id, 'test', now() + interval '1 min'
       from workflow_run where run_id = $1`,
      [ids[0]!.slice(4)],
    );
    expect((await of(ids[0]!)).position).toMatchObject({ worker_alive: true });
    await database.end();
    await api.close();
  });

  it('says of a completed run that it is over', async () => {
    const run = await runSpec(client, specOf([set('a', 1)]));
    const { position, retry, summary } = await explain(run.run_id);
    expect(position).toMatchObject({ status: 'COMPLETED', next: [], steps: 1 });
    expect(retry).toMatchObject({ possible: false, kept_nodes: ['a'] });
    expect(summary[1]).toBe('It is COMPLETED, with 1 step recorded.');
  });
});
