import { startApp, type TestApp } from './support/app.js';
import { connect } from './support/database.js';
import { runSpec, specOf } from './support/factories.js';
import { json, type Peer, startPeer } from './support/peer.js';

let seer: TestApp;
let peer: Peer;

beforeAll(async () => {
  seer = await startApp();
  peer = await startPeer((request, response) => {
    const depth = Number(request.url!.slice(1));
    json(response, '['.repeat(depth) + ']'.repeat(depth));
  });
});

afterAll(async () => {
  await seer.close();
  await peer.close();
});

const each = (items: string, value: unknown, more: object = {}) => ({
  id: 'all',
  type: 'for_each',
  items,
  as: 'x',
  max_items: 20_000,
  nodes: [{ id: 'one', type: 'set', value }],
  ...more,
});

describe('a run that passes a limit', () => {
  it('of steps fails with step-limit, and on_error does not get around it', async () => {
    const items = Array.from({ length: 10_000 }, () => 1);
    for (const more of [{}, { on_error: 'continue' }]) {
      const run = await runSpec(seer.admin, specOf([each('inputs', 1, more)]), items);
      expect(run).toMatchObject({ status: 'FAILED', error_detail: { code: 'step-limit', node_id: 'all' } });
    }
  });

  it('of all values together fails with state-too-large', async () => {
    const big = { id: 'big', type: 'set', value: 'x'.repeat(200_000) };
    const run = await runSpec(seer.admin, specOf([big, each('inputs', '${big}')]), Array(60).fill(1));
    expect(run).toMatchObject({ status: 'FAILED', error_detail: { code: 'state-too-large', node_id: 'one' } });
    const { body } = await seer.admin.get(`/v1/runs/${run.run_id}/steps?limit=100`);
    const failed = body.items.filter(({ status }: { status: string }) => status === 'FAILED');
    expect(failed).toMatchObject([{ node_id: 'one', error: { code: 'state-too-large' } }]);
  });

  it('of what is told of a failure is cut', async () => {
    const big = { id: 'big', type: 'set', value: 'x'.repeat(200_000) };
    const run = await runSpec(seer.admin, specOf([big, { id: 'no', type: 'fail', message: '${big}' }]));
    expect(run).toMatchObject({ status: 'FAILED' });
    expect(run.error.length).toBeLessThanOrEqual(10_100);
    const { body } = await seer.admin.get(`/v1/runs/${run.run_id}/steps`);
    expect(body.items.at(-1).error.message.length).toBeLessThanOrEqual(10_100);
  });

  it('of one value fails with output-too-large, which on_error can catch', async () => {
    const big = { id: 'big', type: 'set', value: 'x'.repeat(200_000) };
    const huge = each('inputs', '${big}', { on_error: [{ id: 'code', type: 'set', value: '${error.code}' }] });
    const run = await runSpec(seer.admin, specOf([big, huge]), Array(6).fill(1));
    expect(run).toMatchObject({ status: 'COMPLETED', outputs: 'output-too-large' });
  });

  it('of depth fails with output-invalid, and can still be read', async () => {
    const call = { id: 'call', type: 'tool', tool: 'http.request', inputs: { url: `${peer.url}/\${inputs}` } };
    expect(await runSpec(seer.admin, specOf([call]), 190)).toMatchObject({ status: 'COMPLETED' });
    for (const depth of [300, 3_000, 100_000]) {
      const run = await runSpec(seer.admin, specOf([call]), depth);
      expect(run).toMatchObject({ status: 'FAILED', error_detail: { code: 'output-invalid', node_id: 'call' } });
      expect((await seer.admin.get(`/v1/runs/${run.run_id}/steps`)).status).toBe(200);
    }
  });

  it('may have a timeout that is longer than a timer can be', async () => {
    const nodes = [{ id: 'a', type: 'set', value: 1 }];
    const pause = { id: 'r', type: 'repeat', until: 'false', max_iterations: 2, delay: '30ms', nodes };
    const spec = specOf([pause], { settings: { timeout: '30d' } });
    expect(await runSpec(seer.admin, spec)).toMatchObject({ status: 'COMPLETED' });
  });
});

describe('a run whose end the database refuses', () => {
  it('is FAILED, and not RUNNING for ever', async () => {
    const database = await connect(seer.databaseUrl);
    await database.query(`
      create function refuse() returns trigger language plpgsql as $$ begin raise exception 'refused'; end $$;
      create trigger refuse before insert or update on workflow_run for each row when (new.status = 'COMPLETED')
        execute function refuse()`);
    const { body } = await seer.admin.post('/v1/runs', { spec: specOf([{ id: 'a', type: 'set', value: 1 }]) });
    let run = body;
    while (run.status === 'RUNNING') run = (await seer.admin.get(`/v1/runs/${body.run_id}`)).body;
    expect(run).toMatchObject({ status: 'FAILED', error_detail: { code: 'internal-error' } });
    await database.query('drop trigger refuse on workflow_run');
    await database.end();
  });
});

describe('the inputs of a run', () => {
  it.each([[null], [false], [0], [''], [[]], ['text']])('may be %j', async (inputs) => {
    const spec = specOf([{ id: 'a', type: 'set', value: '${inputs}' }]);
    const run = await runSpec(seer.admin, spec, inputs);
    expect(run).toMatchObject({ status: 'COMPLETED', inputs, outputs: inputs });
    expect((await seer.admin.get(`/v1/runs/${run.run_id}`)).body).toEqual(run);
  });
});
