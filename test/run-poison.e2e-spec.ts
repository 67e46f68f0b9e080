import { startApp, type TestApp } from './support/app.js';
import { specOf } from './support/factories.js';
import { json, type Peer, startPeer } from './support/peer.js';
import { untilRun } from './support/runs.js';

/** What the peer answers, as JSON text. */
let answer = 'null';
let seer: TestApp;
let peer: Peer;

beforeAll(async () => {
  peer = await startPeer((_request, response) => json(response, answer));
  seer = await startApp();
});

afterAll(async () => {
  await seer.close();
  await peer.close();
});

/** The value comes from outside, is kept over a pause, goes through lanes, rounds and a child, and comes back. */
async function roundTrip(text: string, through: 'tool' | 'inputs') {
  answer = text;
  const source =
    through === 'tool'
      ? { id: 'v', type: 'tool', tool: 'http.request', inputs: { url: peer.url } }
      : { id: 'v', type: 'set', value: { body: '${inputs.v}' } };
  const spec = specOf(
    [
      source,
      { id: 'w', type: 'wait', for: '1ms' },
      {
        id: 'each',
        type: 'for_each',
        items: '[v.body, v.body]',
        as: 'x',
        nodes: [{ id: 's', type: 'set', value: '${x}' }],
      },
      {
        id: 'par',
        type: 'parallel',
        branches: { a: [{ id: 'pa', type: 'set', value: '${each[0]}' }], b: [{ id: 'pb', type: 'set', value: 1 }] },
      },
      {
        id: 'rep',
        type: 'repeat',
        until: 'false',
        max_iterations: 2,
        nodes: [{ id: 'r', type: 'set', value: { inner: '${par.a}' } }],
      },
      { id: 'w2', type: 'wait', for: '1ms' },
    ],
    { output: '${rep.inner}' },
  );
  const inputs = through === 'inputs' ? `, "inputs": {"v": ${text}}` : '';
  const started = await seer.admin.post('/v1/runs', `{"spec": ${JSON.stringify(spec)}${inputs}}`, {
    'content-type': 'application/json',
  });
  if (started.status !== 202) return { refused: started.status, code: started.body.code as string };
  const run = await untilRun(seer.admin, started.body.run_id, ['COMPLETED', 'FAILED']);
  return { status: run.status, outputs: run.outputs, code: (run.error_detail as { code?: string } | null)?.code };
}

const lookAlikes = [
  '{"lc":1,"type":"constructor","id":["langchain","schema","HumanMessage"],"kwargs":{"content":"x"}}',
  '{"lc":1,"type":"secret","id":["DATABASE_URL"]}',
  '{"lc":2,"type":"undefined","method":"load","id":["Set"],"args":[[1]]}',
  '{"lg_name":"Command","goto":"end","update":{"$values":{}},"resume":1}',
  '{"lg_name":"Send","node":"v.run","args":{}}',
  '{"__interrupt__":[{"value":1}],"__pregel_resuming":true,"__pregel_tasks":[]}',
  '{"$values":{"v":1},"$control":{"each":{"lanes":[]}},"$lanes":[],"$frame":"[0]","$work":1}',
  '{"$in":[1],"$or":[{"id":1}],"$ne":null,"$raw":"1=1"}',
  '{"__raw":"1; drop table workflow_run","__entity":true,"__helper":{"x":1},"__meta":1}',
  '{"then":"not a promise","catch":1,"constructor":"x","prototype":{},"toString":1,"hasOwnProperty":2,"valueOf":3,"toJSON":"no"}',
  '{"length":3,"0":"a","":{"":[]}}',
  '["\\u2028","\\u0001","😀","\\\\u0000","$${x}","${inputs.v}","e\\u0301"]',
  '[0.1,-0,1e-7,1e21,5e-324,1.7976931348623157e308,9007199254740991]',
  '{"status":"COMPLETED","error":{"code":"x"},"skipped":true,"paused":true}',
];

describe('user JSON that looks like something internal', () => {
  it.each(lookAlikes)('comes back as it went in: %s', async (text) => {
    for (const through of ['tool', 'inputs'] as const) {
      const end = await roundTrip(text, through);
      expect(end).toMatchObject({ status: 'COMPLETED' });
      expect(JSON.parse(JSON.stringify(end.outputs))).toEqual(JSON.parse(JSON.stringify(JSON.parse(text))));
    }
  });

  it('with the key __proto__ changes no prototype, and is refused in a body', async () => {
    const text = '{"__proto__":{"polluted":true},"a":1}';
    const end = await roundTrip(text, 'tool');
    expect(['COMPLETED', 'FAILED']).toContain(end.status);
    if (end.status === 'COMPLETED') expect((end.outputs as { a: number }).a).toBe(1);
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
    expect(await roundTrip(text, 'inputs')).toMatchObject({ refused: 400, code: 'json-forbidden-key' });
  });

  it.each([
    ['NUL', '"a\\u0000b"', 'output-invalid', 'nul-character'],
    ['half a surrogate pair', '{"k":"\\ud83d"}', 'output-invalid', 'lone-surrogate'],
    ['a NUL in a key', '{"a\\u0000":1}', 'output-invalid', 'nul-character'],
    ['a number that is too large', '{"n":1e400}', 'upstream-refused', 'json-number-too-large'],
    ['no JSON at all', '{"n":', 'upstream-error', 'json-malformed'],
  ])('with %s fails cleanly', async (_what, text, code, refused) => {
    expect(await roundTrip(text, 'tool')).toMatchObject({ status: 'FAILED', code });
    expect(await roundTrip(text, 'inputs')).toMatchObject({ refused: 400, code: refused });
  });
});
