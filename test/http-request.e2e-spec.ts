import { startApp, type TestApp } from './support/app.js';
import { runSpec, specOf } from './support/factories.js';
import { json, type Peer, startPeer } from './support/peer.js';
import { untilOver, untilRun } from './support/runs.js';

let seer: TestApp;
let peer: Peer;
let failures = 0;
let limited = 0;

beforeAll(async () => {
  seer = await startApp();
  peer = await startPeer((request, response, body) => {
    const { pathname, search } = new URL(request.url!, 'http://localhost');
    if (pathname === '/json')
      return json(response, { path: pathname + search, method: request.method, body, headers: request.headers });
    if (pathname === '/text') return response.end('plain');
    if (pathname === '/empty') return response.writeHead(204).end();
    if (pathname === '/missing') return json(response, { reason: 'no such thing' }, 404);
    if (pathname === '/flaky')
      return failures-- > 0 ? json(response, { reason: 'busy' }, 503) : json(response, { ok: true });
    if (pathname === '/limited' && limited-- > 0) {
      return response.writeHead(429, { 'retry-after': '30' }).end();
    }
    if (pathname === '/limited') return json(response, { ok: true });
    if (pathname === '/away') return response.writeHead(302, { location: '/json?moved' }).end();
    if (pathname === '/nul') return json(response, '{"text":"a\\u0000b"}');
    if (pathname === '/half') return json(response, '{"text":"\\ud800"}');
    if (pathname === '/infinite') return json(response, '{"n":1e400}');
    if (pathname === '/broken') return json(response, '{"n":');
    if (pathname === '/large') return json(response, JSON.stringify('x'.repeat(2_000_000)));
    return undefined; // never answers
  });
});

afterAll(async () => {
  await seer.close();
  await peer.close();
});

const call = (inputs: object, more: object = {}) =>
  specOf([{ id: 'call', type: 'tool', tool: 'http.request', inputs, ...more }]);
const run = (path: string, inputs: object = {}, more: object = {}) =>
  runSpec(seer.admin, call({ url: peer.url + path, ...inputs }, more));

describe('http.request', () => {
  it('leaves those alone who ask for it, for as long as they ask, holding no worker', async () => {
    limited = 1;
    const retry = { max_attempts: 2, initial_interval: '1ms' };
    const begin = Date.now();
    const started = await run('/limited', {}, { retry });
    const waiting = await untilRun(seer.admin, started.run_id, ['WAITING']);
    const until = Date.parse(waiting.waiting_for![0]!.until!);
    expect(until - begin).toBeGreaterThanOrEqual(30_000);
    await seer.admin.post(`/v1/runs/${started.run_id}/resume`, {});
    expect(await untilOver(seer.admin, started.run_id)).toMatchObject({ status: 'COMPLETED' });
  });

  it('sends what it is told to, and parses a JSON answer', async () => {
    const outputs = (
      await run('/json', {
        method: 'POST',
        query: { q: 'a b', n: 3 },
        headers: { 'X-Test': 'yes' },
        body: { deep: [1] },
      })
    ).outputs;
    expect(outputs.status).toBe(200);
    expect(outputs.headers['content-type']).toBe('application/json');
    expect(outputs.body).toMatchObject({ path: '/json?q=a+b&n=3', method: 'POST', body: '{"deep":[1]}' });
    expect(outputs.body.headers).toMatchObject({ 'x-test': 'yes', 'content-type': 'application/json' });
  });

  it('gives text as text, and nothing as null', async () => {
    expect((await run('/text')).outputs.body).toBe('plain');
    expect((await run('/empty')).outputs).toMatchObject({ status: 204, body: null });
  });

  it('carries an idempotency key that names the run, the node and the path', async () => {
    const { run_id: runId, outputs } = await run('/json');
    expect(outputs.body.headers['idempotency-key']).toBe(`${runId}:call:call`);
  });

  it('fails on another status than it accepts, with what the other side said', async () => {
    expect(await run('/missing')).toMatchObject({
      status: 'FAILED',
      error: expect.stringContaining('answered 404 to GET'),
      error_detail: { code: 'upstream-refused', problem: { status: 404, body: { reason: 'no such thing' } } },
    });
    expect((await run('/missing', { accept_status: [404] })).outputs.status).toBe(404);
  });

  it('is tried again when the other side is busy, with the same idempotency key', async () => {
    failures = 2;
    peer.requests.length = 0;
    const retry = { max_attempts: 3, initial_interval: '1ms' };
    expect((await run('/flaky', {}, { retry })).outputs.body).toEqual({ ok: true });
    expect(peer.requests).toHaveLength(3);
    expect(new Set(peer.requests.map(({ headers }) => headers['idempotency-key'])).size).toBe(1);
  });

  it('follows redirects, and ends when its time is over', async () => {
    expect((await run('/away')).outputs.body.path).toBe('/json?moved');
    expect(await run('/never', {}, { timeout: '100ms' })).toMatchObject({ error_detail: { code: 'node-timeout' } });
  });

  it.each([
    ['/nul', 'output-invalid'],
    ['/half', 'output-invalid'],
    ['/broken', 'upstream-error'],
    ['/large', 'output-too-large'],
  ])('ends the run with a clean failure for the answer of %s', async (path, code) => {
    const failed = await run(path);
    expect(failed).toMatchObject({ status: 'FAILED', error_detail: { code, node_id: 'call' } });
    const { body } = await seer.admin.get(`/v1/runs/${failed.run_id}/steps`);
    expect(body.items).toMatchObject([{ node_id: 'call', status: 'FAILED', error: { code } }]);
  });

  it('never leaves a run stuck for a number that JSON cannot hold', async () => {
    expect(['COMPLETED', 'FAILED']).toContain((await run('/infinite')).status);
  });

  it('names each input that is wrong once its value is known', async () => {
    const spec = call({ url: peer.url, method: '${inputs.method}' });
    expect(await runSpec(seer.admin, spec, { method: 'FETCH' })).toMatchObject({
      status: 'FAILED',
      error: expect.stringContaining('/method must be one of'),
      error_detail: { code: 'input-invalid' },
    });
  });

  it('reaches no private address and none of our own ports', async () => {
    peer.requests.length = 0;
    for (const url of [
      'http://10.0.0.1/',
      'http://169.254.169.254/latest',
      'http://[::1]:1/',
      seer.databaseUrl.replace(/^\w+:/, 'http:'),
    ]) {
      const { error_detail: detail } = await runSpec(seer.admin, call({ url }));
      expect(detail.code).toMatch(/^egress-(denied|invalid-url|dns-failure|connection-failed)$/);
    }
    expect((await runSpec(seer.admin, call({ url: 'http://10.0.0.1/' }))).error_detail.code).toBe('egress-denied');
  });
});
