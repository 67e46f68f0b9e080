import { startApp, type TestApp } from './support/app.js';
import { connect } from './support/database.js';
import { makePublished, runSpec, specOf } from './support/factories.js';
import { json, type Peer, startPeer } from './support/peer.js';
import { untilRun } from './support/runs.js';

let seer: TestApp;
let peer: Peer;

beforeAll(async () => {
  peer = await startPeer((request, response) => json(response, { path: request.url }));
  seer = await startApp();
});

afterAll(async () => {
  await seer.close();
  await peer.close();
});

const call = (id: string) => ({ id, type: 'tool', tool: 'http.request', inputs: { url: `${peer.url}/${id}` } });
const approval = (id: string, more: object = {}) => ({ id, type: 'approval', title: 'Sure?', ...more });
const callsOf = (id: string) => peer.requests.filter(({ path }) => path === `/${id}`).length;

async function start(nodes: unknown[], more: object = {}): Promise<string> {
  const { status, body } = await seer.admin.post('/v1/runs', { spec: specOf(nodes, more) });
  expect(status).toBe(202);
  return body.run_id;
}

const resume = (run: string, body: object) => seer.admin.post(`/v1/runs/${run}/resume`, body);

describe('a wait', () => {
  it('holds no worker, and goes on when its time has come', async () => {
    const begin = Date.now();
    const run = await start([call('before'), { id: 'w', type: 'wait', for: '400ms' }, call('after')]);
    const ended = await untilRun(seer.admin, run, ['COMPLETED']);
    // The second one took it up where the first one had let go of it.
    expect(ended).toMatchObject({ attempt: 2, waiting_for: null });
    expect([callsOf('before'), callsOf('after')]).toEqual([1, 1]);
    const { body } = await seer.admin.get(`/v1/runs/${run}/steps`);
    expect(body.items.map((step: { path: string }) => step.path)).toEqual(['before', 'w', 'after']);
    const resumed = Date.parse(body.items[1].output.resumed_at);
    expect(resumed).toBeGreaterThanOrEqual(begin + 400);
    expect(Date.parse(body.items[2].started_at)).toBeGreaterThanOrEqual(resumed);
  });

  it('until a time that is over goes on at once', async () => {
    const run = await runSpec(seer.admin, specOf([{ id: 'w', type: 'wait', until: '2020-01-01T00:00:00Z' }]));
    const ended = await untilRun(seer.admin, run.run_id, ['COMPLETED']);
    expect(ended.outputs).toEqual({ resumed_at: '2020-01-01T00:00:00.000Z' });
  });

  it('can be ended before', async () => {
    const run = await start([{ id: 'w', type: 'wait', for: '2d' }]);
    const { waiting_for: waits } = await untilRun(seer.admin, run, ['WAITING']);
    expect(waits).toMatchObject([{ path: 'w', node_id: 'w', type: 'timer', approval_url: null }]);
    expect((await resume(run, {})).status).toBe(202);
    await untilRun(seer.admin, run, ['COMPLETED']);
    const { body } = await seer.admin.get(`/v1/runs/${run}/steps`);
    expect(Date.parse(body.items[0].output.resumed_at)).toBeLessThan(Date.parse(waits![0]!.until!));
  });

  it.each([
    ['for', 'soon', 'expression-type'],
    ['until', 'tomorrow', 'expression-type'],
    ['for', '31d', 'wait-too-long'],
  ])('with "%s": "%s" fails with %s', async (field, value, code) => {
    const run = await runSpec(seer.admin, specOf([{ id: 'w', type: 'wait', [field]: '${inputs.t}' }]), { t: value });
    expect(run).toMatchObject({ status: 'FAILED', error_detail: { code, node_id: 'w' } });
  });

  it('in lanes lets the others come to their end first, and each lane goes on by itself', async () => {
    const lane = [call('lane'), { id: 'w', type: 'wait', for: '${x}' }, { id: 'v', type: 'set', value: '${x}' }];
    const items = "['1ms', '600ms', '200ms']";
    const run = await start([{ id: 'all', type: 'for_each', items, as: 'x', nodes: lane }]);
    const ended = await untilRun(seer.admin, run, ['COMPLETED']);
    expect(ended.outputs).toEqual(['1ms', '600ms', '200ms']);
    expect(callsOf('lane')).toBe(3);
  });
});

describe('a repeat with a long delay', () => {
  it('waits without a worker between its rounds', async () => {
    const nodes = [call('round')];
    const run = await start([{ id: 'r', type: 'repeat', until: 'false', max_iterations: 3, delay: '1h', nodes }]);
    for (const round of [1, 2]) {
      const { waiting_for: waits } = await untilRun(seer.admin, run, ['WAITING']);
      expect(waits).toMatchObject([{ path: `r.delay[${round}]`, type: 'timer' }]);
      expect(callsOf('round')).toBe(round);
      await resume(run, { node_id: `r.delay[${round}]` });
      if (round < 2)
        await untilRun(seer.admin, run, ['WAITING'], ({ waiting_for: now }) => now![0]!.path !== waits![0]!.path);
    }
    await untilRun(seer.admin, run, ['COMPLETED']);
    expect(callsOf('round')).toBe(3);
  });
});

describe('a retry that has to wait long', () => {
  it('frees the worker, and counts the attempts of earlier executions', async () => {
    const down = await startPeer((_request, response) => json(response, {}, 503));
    const retry = { max_attempts: 3, initial_interval: '1h' };
    const run = await start([{ id: 'c', type: 'tool', tool: 'http.request', inputs: { url: down.url }, retry }]);
    for (const attempt of [2, 3]) {
      const place = `c.retry${attempt}`;
      await untilRun(seer.admin, run, ['WAITING'], ({ waiting_for: waits }) => waits?.[0]?.path === place);
      expect((await resume(run, { node_id: 'c' })).status).toBe(202);
    }
    const ended = await untilRun(seer.admin, run, ['FAILED']);
    await down.close();
    expect(ended.error_detail).toMatchObject({ code: 'upstream-error', node_id: 'c', attempt: 3 });
    expect(down.requests).toHaveLength(3);
    expect(new Set(down.requests.map(({ headers }) => headers['idempotency-key'])).size).toBe(1);
  });
});

describe('an approval', () => {
  it('waits for an answer, which is the value of the node', async () => {
    const run = await start([approval('ok', { title: 'Refund ${inputs.n}?' }), call('refund')], {
      inputs: { properties: { n: { default: 17 } } },
    });
    const waiting = await untilRun(seer.admin, run, ['WAITING']);
    expect(waiting.waiting_for).toMatchObject([{ node_id: 'ok', type: 'approval', title: 'Refund 17?' }]);
    const { status, body } = await resume(run, { value: { approved: true } });
    expect(status).toBe(202);
    expect(body.waiting_for).toBeNull();
    await untilRun(seer.admin, run, ['COMPLETED']);
    const steps = (await seer.admin.get(`/v1/runs/${run}/steps`)).body.items;
    expect(steps[0]).toMatchObject({ path: 'ok', output: { approved: true, by: expect.any(String), form: null } });
    expect(callsOf('refund')).toBe(1);
  });

  it.each([
    ['reject', 'COMPLETED'],
    ['fail', 'FAILED'],
  ])('that nobody answers ends with "%s": %s', async (onTimeout, status) => {
    const run = await start([approval('ok', { timeout: '200ms', on_timeout: onTimeout })]);
    const ended = await untilRun(seer.admin, run, [status]);
    if (status === 'COMPLETED') expect(ended.outputs).toMatchObject({ approved: false, by: null });
    else expect(ended.error_detail).toMatchObject({ code: 'approval-timeout' });
    expect((await resume(run, { value: { approved: true } })).status).toBe(409);
  });

  it('counts once, however many answers come at once', async () => {
    const run = await start([approval('ok'), call('once')]);
    await untilRun(seer.admin, run, ['WAITING']);
    // Held back until several have seen that the run waits, and want to be its answer.
    const [held, observer] = [await connect(seer.databaseUrl), await connect(seer.databaseUrl)];
    await held.query('begin');
    await held.query('select from workflow_run where run_id = $1 for update', [run.slice('run_'.length)]);
    const asked = Array.from({ length: 20 }, (_, n) => resume(run, { value: { approved: n % 2 === 0 } }));
    const blocked = `select count(*)::int as n from pg_stat_activity
      where datname = current_database() and wait_event_type = 'Lock'`;
    while ((await observer.query(blocked)).rows[0].n < 5) await new Promise((resolve) => setTimeout(resolve, 10));
    await held.query('commit');
    await Promise.all([held.end(), observer.end()]);
    const answers = await Promise.all(asked);
    expect(answers.map(({ status }) => status).sort()).toEqual([202, ...Array<number>(19).fill(409)]);
    await untilRun(seer.admin, run, ['COMPLETED']);
    expect(callsOf('once')).toBe(1);
  });

  it('beside another one is answered by its place, in any order', async () => {
    const branches = { a: [approval('first'), call('a')], b: [approval('second'), call('b')] };
    const run = await start([{ id: 'p', type: 'parallel', branches }]);
    await untilRun(seer.admin, run, ['WAITING']);
    const ambiguous = await resume(run, { value: { approved: true } });
    expect(ambiguous).toMatchObject({ status: 422, body: { code: 'run-place-ambiguous' } });
    await resume(run, { value: { approved: true }, node_id: 'second' });
    await untilRun(seer.admin, run, ['WAITING'], ({ waiting_for: waits }) => waits?.length === 1 && callsOf('b') === 1);
    expect(callsOf('a')).toBe(0);
    await resume(run, { value: { approved: false } });
    await untilRun(seer.admin, run, ['COMPLETED']);
    expect([callsOf('a'), callsOf('b')]).toEqual([1, 1]);
  });

  it('that is answered while the run is busy with another lane is not forgotten', async () => {
    let release = (): void => {};
    const slow = await startPeer((_request, response) => (release = () => json(response, 1)));
    const busy = { id: 'busy', type: 'tool', tool: 'http.request', inputs: { url: slow.url } };
    const branches = { a: [approval('first'), busy], b: [approval('second')] };
    const run = await start([{ id: 'p', type: 'parallel', branches }]);
    await untilRun(seer.admin, run, ['WAITING']);
    await resume(run, { value: { approved: true }, node_id: 'first' });
    while (slow.requests.length === 0) await untilRun(seer.admin, run, ['QUEUED', 'RUNNING']);
    expect((await resume(run, { value: { approved: true }, node_id: 'second' })).status).toBe(202);
    release();
    await untilRun(seer.admin, run, ['COMPLETED']);
    await slow.close();
    expect(slow.requests).toHaveLength(1);
  });

  it('with a form takes only what the form asks for', async () => {
    const form = { type: 'object', required: ['amount'], properties: { amount: { type: 'integer', maximum: 9 } } };
    const run = await start([approval('ok', { form })]);
    await untilRun(seer.admin, run, ['WAITING']);
    const bad = await resume(run, { value: { approved: true, form: { amount: 10 }, more: 1 } });
    expect(bad.status).toBe(422);
    expect(bad.body.errors.map(({ pointer }: { pointer: string }) => pointer).sort()).toEqual([
      '/value/form/amount',
      '/value/more',
    ]);
    await resume(run, { value: { approved: true, form: { amount: 9 } } });
    expect((await untilRun(seer.admin, run, ['COMPLETED'])).outputs).toMatchObject({
      approved: true,
      form: { amount: 9 },
    });
  });

  it('whose form is no JSON Schema is refused before the run', async () => {
    const { status, body } = await seer.admin.post('/v1/runs', {
      spec: specOf([approval('ok', { form: { type: 5 } })]),
    });
    expect(status).toBe(422);
    expect(body.errors).toMatchObject([{ code: 'schema-invalid', pointer: '/spec/nodes/0/form' }]);
  });
});

describe('a run that has to be resumed', () => {
  it('refuses strangers, and is unknown to others', async () => {
    const run = await start([approval('ok')]);
    expect((await seer.stranger.post(`/v1/runs/${run}/resume`, {})).status).toBe(401);
    expect((await seer.admin.post('/v1/runs/run_nope/resume', {})).status).toBe(404);
  });

  it('is not one that is over', async () => {
    const { run_id: run } = await runSpec(seer.admin, specOf([{ id: 'a', type: 'set', value: 1 }]));
    expect(await resume(run, {})).toMatchObject({ status: 409, body: { code: 'run-not-waiting' } });
  });
});

describe('a sync run that waits', () => {
  it('is answered with 202 and what it waits for', async () => {
    const id = await makePublished(seer.admin, specOf([approval('ok')]));
    const { status, body } = await seer.admin.post(`/v1/workflows/${id}/runs?mode=sync`, {});
    expect(status).toBe(202);
    expect(body).toMatchObject({ status: 'WAITING', waiting_for: [{ path: 'ok' }] });
  });
});

describe('a run whose 30 days are over', () => {
  it('is FAILED with run-timeout, whatever it still waits for', async () => {
    const run = await start([approval('ok', { timeout: '30d' })]);
    await untilRun(seer.admin, run, ['WAITING']);
    const database = await connect(seer.databaseUrl);
    await database.query(
      `update workflow_run set created_at = created_at - interval '31 days', wake_at = now() where run_id = $1`,
      [run.slice('run_'.length)],
    );
    await database.end();
    expect((await untilRun(seer.admin, run, ['FAILED'])).error_detail).toEqual({ code: 'run-timeout' });
  });
});
