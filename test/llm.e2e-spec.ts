import { setTimeout as delay } from 'node:timers/promises';
import { RunDeltas } from '../src/workflows/runs/engine/run-deltas.js';
import { startApp, type TestApp } from './support/app.js';
import { makeCaller } from './support/callers.js';
import { Client } from './support/client.js';
import { EventReader } from './support/events.js';
import { runSpec, specOf } from './support/factories.js';
import { type ModelServer, startModelServer } from './support/model-server.js';
import { json, type Peer, startPeer } from './support/peer.js';
import { makeResource } from './support/resources.js';

const KEY = 'sk-model-0123456789abcdef';

let seer: TestApp;
let server: ModelServer;
let peer: Peer;
let caller: Client;
let token: string;
let openai: string;
let anthropic: string;
let stock = 3;

beforeAll(async () => {
  seer = await startApp();
  server = await startModelServer(KEY);
  peer = await startPeer((request, response, body) => {
    if (request.url === '/fail') return json(response, { reason: 'no stock system' }, 422);
    stock -= 1;
    return json(response, { left: stock, asked: body, key: request.headers['idempotency-key'] });
  });
  ({ token } = await makeCaller(seer.app));
  caller = seer.stranger.as(token);
  const secrets = { api_key: KEY };
  openai = await makeResource(caller, 'openai_compatible', { base_url: `${server.url}/v1` }, secrets);
  anthropic = await makeResource(caller, 'anthropic', { base_url: server.url }, secrets);
});

afterAll(async () => {
  await seer.close();
  await server.close();
  await peer.close();
});

beforeEach(() => {
  server.requests.length = 0;
});

const ask = (more: object = {}, spec: object = {}) =>
  runSpec(
    caller,
    specOf([{ id: 'answer', type: 'llm', model: 'tiny', resource: openai, prompt: 'Hi', ...more }], spec),
  );
const stepsOf = async ({ run_id: id }: { run_id: string }) =>
  (await caller.get(`/v1/runs/${id}/steps?limit=100`)).body.items;

/** Resolves when the process has heard that another one listens to the run. */
async function heard({ app }: TestApp, runId: string): Promise<void> {
  const { heardElsewhere } = app.get(RunDeltas) as unknown as { heardElsewhere: Map<string, number> };
  while (!heardElsewhere.has(runId.slice('run_'.length))) await delay(10);
}

const order = {
  type: 'object',
  required: ['item', 'count'],
  additionalProperties: false,
  properties: { item: { type: 'string' }, count: { type: 'integer' } },
};

describe.each([
  ['an OpenAI-compatible server', () => openai, '/v1/chat/completions'],
  ['Anthropic', () => anthropic, '/v1/messages'],
])('a model of %s', (_name, resource, path) => {
  it('answers with text; its step tells the tokens', async () => {
    server.reply({ text: 'Hello, Ada', usage: { input: 21, output: 4 } });
    const run = await ask(
      { resource: resource(), system: 'Be kind', prompt: 'I am ${inputs.name ?? "Ada"}'.replace(' ?? "Ada"', '') },
      {
        inputs: { type: 'object', properties: { name: { type: 'string', default: 'Ada' } } },
      },
    );
    expect(run).toMatchObject({ status: 'COMPLETED', outputs: { text: 'Hello, Ada' } });
    const [step] = await stepsOf(run);
    expect(step.usage).toEqual({ model: 'tiny', input_tokens: 21, output_tokens: 4, total_tokens: 25 });
    expect(step.inputs).toEqual({ model: 'tiny', system: 'Be kind', prompt: 'I am Ada' });
    expect(server.requests).toHaveLength(1);
    expect(server.requests[0]!.path).toBe(path);
    expect(JSON.stringify(server.requests[0]!.body)).toContain('I am Ada');
    expect(JSON.stringify(server.requests[0]!.body)).toContain('Be kind');
  });

  it('is held to a schema, and its answer is the object', async () => {
    server.reply({ text: '{"item":"tea","count":2}' });
    const run = await ask({ resource: resource(), output_schema: order }, { output: '${answer.count + 1}' });
    expect(run).toMatchObject({ status: 'COMPLETED', outputs: 3 });
    expect(JSON.stringify(server.requests[0]!.body)).toContain('"json_schema"');
  });

  it('calls tools, and sees what they gave', async () => {
    server.reply(
      {
        text: 'Let me look.',
        calls: [{ name: 'stock', arguments: { body: { item: 'tea' } } }],
        usage: { input: 5, output: 5 },
      },
      ({ body }) => {
        expect(JSON.stringify(body.messages)).toContain('\\"left\\"');
        return { text: 'Some are left', usage: { input: 30, output: 6 } };
      },
    );
    const tools = [
      {
        tool: 'http.request',
        name: 'stock',
        description: 'What is left',
        inputs: { url: `${peer.url}/stock`, method: 'POST' },
      },
    ];
    const run = await ask({ resource: resource(), tools });
    expect(run).toMatchObject({ status: 'COMPLETED', outputs: { text: 'Some are left' } });
    const steps = await stepsOf(run);
    expect(steps.map(({ path: at }: any) => at)).toEqual([
      'answer.round1',
      'answer.round1.call1',
      'answer.round2',
      'answer',
    ]);
    expect(steps[1].inputs).toMatchObject({ tool: 'http.request', body: { item: 'tea' }, method: 'POST' });
    expect(steps[1].output.body.key).toBe(`${run.run_id}:answer:answer.round1.call1`);
    expect(steps[3].usage).toEqual({ model: 'tiny', input_tokens: 35, output_tokens: 11, total_tokens: 46, rounds: 2 });
    const declared = JSON.stringify(server.requests[0]!.body.tools);
    expect(declared).toContain('What is left');
    expect(declared).not.toContain('"url"');
    expect(declared).not.toContain(peer.url);
  });

  it('fails with a name for each way of failing', async () => {
    server.reply({ status: 429, headers: { 'retry-after': '0' } });
    expect(await ask({ resource: resource() })).toMatchObject({
      status: 'FAILED',
      error_detail: { code: 'upstream-error' },
    });
    server.reply({ status: 404, body: '{"error":{"message":"no such model"}}' });
    const missing = await ask({ resource: resource() });
    expect(missing).toMatchObject({ error_detail: { code: 'upstream-refused' } });
    expect(missing.error).toContain('no such model');
    server.reply({ status: 200, body: '<html>' });
    expect((await ask({ resource: resource() })).error_detail.code).toMatch(/^upstream-/);
    server.reply({ text: 'never mind', breakAfter: 1 });
    expect((await ask({ resource: resource() })).error_detail.code).toMatch(/^(egress|upstream)-/);
  });

  it('is asked again where the node says so', async () => {
    server.reply({ status: 503 }, { status: 429, headers: { 'retry-after': '0' } }, { text: 'now' });
    const run = await ask({ resource: resource(), retry: { max_attempts: 3, initial_interval: '1ms' } });
    expect(run).toMatchObject({ status: 'COMPLETED', outputs: { text: 'now' } });
    expect(server.requests).toHaveLength(3);
  });
});

describe('what a model says', () => {
  it.each(['the process that executes the run', 'another process'])('is heard as it comes, in %s', async (where) => {
    const listening = where === 'another process' ? await startApp({}, seer.databaseUrl) : seer;
    const hold = Promise.withResolvers<void>();
    const start = Promise.withResolvers<void>();
    server.reply({ pieces: ['Once ', 'upon ', 'a time'], hold: hold.promise, before: start.promise });
    const spec = specOf([{ id: 'tale', type: 'llm', model: 'tiny', resource: openai, prompt: 'Tell' }]);
    const { body: run } = await caller.post('/v1/runs', { spec });
    const events = await EventReader.open(new Client(listening.url, token), `/v1/runs/${run.run_id}/events`);
    await events.next();
    if (where === 'another process') await heard(seer, run.run_id);
    start.resolve();
    let said = '';
    while (!said.includes('upon')) {
      const { data } = (await events.until(({ event }) => event === 'delta')).at(-1)!;
      expect(data).toEqual({
        node_id: 'tale',
        path: 'tale',
        attempt: 1,
        offset: said.length,
        text: expect.any(String),
      });
      said += data.text;
    }
    expect(said).not.toContain('a time');
    hold.resolve();
    const step = (await events.until(({ event }) => event === 'step')).at(-1)!;
    expect(step.data.output).toEqual({ text: 'Once upon a time' });
    events.leave();
    if (listening !== seer) await listening.close();
  });
});

describe('an llm node', () => {
  it('takes an answer that does not satisfy its schema for a failure that a retry may mend, and counts its tokens', async () => {
    server.reply({ text: '{"item":7}' }, { text: 'no JSON' }, { text: '{"item":"tea","count":1}' });
    const once = await ask({ output_schema: order });
    expect(once).toMatchObject({ status: 'FAILED', error_detail: { code: 'model-output-invalid' } });
    const again = await ask({ output_schema: order, retry: { max_attempts: 2, initial_interval: '1ms' } });
    expect(again).toMatchObject({ status: 'COMPLETED', outputs: { item: 'tea', count: 1 } });
  });

  it('does not repeat the rounds and calls that are recorded', async () => {
    stock = 10;
    const call = { calls: [{ name: 'http_request', arguments: {} }] };
    server.reply(call, { status: 500 }, { text: 'done' });
    const tools = [{ tool: 'http.request', inputs: { url: `${peer.url}/stock`, method: 'POST' } }];
    const failed = await ask({ tools });
    expect(failed).toMatchObject({ status: 'FAILED', error_detail: { code: 'upstream-error' } });
    expect(stock).toBe(9);
    const { body } = await caller.post(`/v1/runs/${failed.run_id}/retry`);
    const events = await caller.get(`/v1/runs/${body.run_id}/events`);
    expect(events.status).toBe(200);
    const run = (await caller.get(`/v1/runs/${body.run_id}`)).body;
    expect(run).toMatchObject({ status: 'COMPLETED', outputs: { text: 'done' } });
    expect(stock).toBe(9);
    expect(server.requests).toHaveLength(3);
  });

  it('tells the model what went wrong with a call, as far as it can do better', async () => {
    const reply = (call: object) => ({ calls: [call as never] });
    server.reply(
      reply({ name: 'nothing', arguments: {} }),
      reply({ name: 'http_request', arguments: '{"method":' }),
      reply({ name: 'http_request', arguments: { method: 'FETCH' } }),
      reply({ name: 'http_request', arguments: { method: 'POST' } }),
      { text: 'I give up' },
    );
    const run = await ask({ tools: [{ tool: 'http.request', inputs: { url: `${peer.url}/fail` } }] });
    expect(run).toMatchObject({ status: 'COMPLETED', outputs: { text: 'I give up' } });
    const calls = (await stepsOf(run)).filter(({ path }: any) => path.includes('call'));
    expect(calls.map(({ output }: any) => output.error.code)).toEqual([
      ...['input-invalid', 'input-invalid', 'input-invalid', 'upstream-refused'],
    ]);
  });

  it('does not let the model change what is fixed, nor the account, nor literal inputs', async () => {
    server.reply(
      { calls: [{ name: 'http_request', arguments: { url: 'http://169.254.169.254/', method: 'POST' } }] },
      { text: 'ok' },
    );
    const run = await ask({ tools: [{ tool: 'http.request', inputs: { url: `${peer.url}/stock` } }] });
    const call = (await stepsOf(run)).find(({ path }: any) => path.endsWith('call1'));
    expect(call.inputs.url).toBe(`${peer.url}/stock`);
    expect(call.output.status).toBe(200);
  });

  it('ends after so many rounds', async () => {
    server.reply({ calls: [{ name: 'http_request', arguments: {} }] });
    const run = await ask({ tools: [{ tool: 'http.request', inputs: { url: `${peer.url}/stock` } }], max_rounds: 3 });
    expect(run).toMatchObject({ status: 'FAILED', error_detail: { code: 'too-many-rounds' } });
    expect(server.requests).toHaveLength(3);
  });

  it('spends no more tokens than the run may', async () => {
    server.reply({ text: 'a', usage: { input: 40, output: 20 } });
    const nodes = ['one', 'two', 'three'].map((id) => ({
      id,
      type: 'llm',
      model: 'tiny',
      resource: openai,
      prompt: 'Hi',
    }));
    const run = await runSpec(caller, specOf(nodes, { settings: { token_budget: 100 } }));
    expect(run).toMatchObject({ status: 'FAILED', error_detail: { code: 'token-budget', node_id: 'three' } });
    expect(server.requests.map(({ body }) => body.max_completion_tokens ?? body.max_tokens)).toEqual([100, 40]);
  });

  it('counts the tokens of answers that can not be used', async () => {
    server.reply({ text: 'no JSON', usage: { input: 40, output: 20 } });
    const retry = { max_attempts: 5, initial_interval: '1ms' };
    const run = await ask({ output_schema: order, retry }, { settings: { token_budget: 100 } });
    expect(run).toMatchObject({ status: 'FAILED', error_detail: { code: 'token-budget' } });
    expect(server.requests).toHaveLength(2);
  });

  it('uses the only resource there is, and asks which one when there are several', async () => {
    server.reply({ text: 'hello' });
    const other = seer.stranger.as((await makeCaller(seer.app)).token);
    const spec = specOf([{ id: 'answer', type: 'llm', model: 'tiny', prompt: 'Hi' }]);
    const missing = await other.post('/v1/workflows/validate', { spec });
    expect(missing.body.errors).toMatchObject([{ code: 'resource-missing', node_id: 'answer' }]);
    const own = await makeResource(other, 'openai_compatible', { base_url: `${server.url}/v1` }, { api_key: KEY });
    const { body: report } = await other.post('/v1/workflows/validate', { spec });
    expect(report).toMatchObject({ ok: true, requires: { resources: [own], hosts: [new URL(server.url).host] } });
    expect(await runSpec(other, spec)).toMatchObject({ status: 'COMPLETED' });
    const ambiguous = await runSpec(caller, spec);
    expect(ambiguous.error_detail.code).toBe('resource-ambiguous');
    expect(ambiguous.error).toContain(openai);
    // Somebody else's is an unknown one.
    const foreign = specOf([{ id: 'answer', type: 'llm', model: 'tiny', prompt: 'Hi', resource: openai }]);
    expect((await runSpec(other, foreign)).error_detail.code).toBe('resource-not-found');
  });

  it('shows no key, whatever the server says', async () => {
    server.reply({ pieces: ['your key is sk-model-01234', '56789abcdef, is it?'] });
    expect((await ask()).outputs.text).toBe('your key is [secret], is it?');
    server.reply({ status: 400, body: JSON.stringify({ error: { message: `bad key ${KEY}` } }) });
    const failed = await ask();
    expect(JSON.stringify(failed)).not.toContain(KEY);
    expect(failed.error).toContain('[secret]');
  });
});
