import { gzipSync } from 'node:zlib';
import { egressFetch } from './egress-fetch.js';
import { type LocalServer, egressWith, startServer } from './egress.spec-helper.js';

const LIMITS = { timeoutMs: 5_000, maxBytes: 1_000 };
const SECRET = 'token=1';

/** Answers with what it got. */
function startEcho(): Promise<LocalServer> {
  return startServer((request, response) => {
    response.setHeader('x-type', request.headers['content-type'] ?? 'none');
    request.pipe(response);
  });
}

const READERS: [string, (response: Response) => Promise<unknown>][] = [
  ['text()', (response) => response.text()],
  ['json()', (response) => response.json()],
  ['arrayBuffer()', (response) => response.arrayBuffer()],
  [
    'for await',
    async ({ body }) => {
      for await (const _ of body!);
    },
  ],
  [
    'a pipe through a decoder',
    async ({ body }) => {
      for await (const _ of body!.pipeThrough(new TextDecoderStream()));
    },
  ],
];

describe('the egress client as a fetch', () => {
  it('is what libraries call a fetch', async () => {
    await using server = await startEcho();
    await using egress = egressWith();
    const fetch: (url: string | URL, init?: RequestInit) => Promise<Response> = egressFetch(egress, LIMITS);
    expect(await (await fetch(new URL(server.url), { method: 'POST', body: '"hi"' })).json()).toBe('hi');
  });

  it.each([
    ['a string', 'a=1', 'text/plain;charset=UTF-8'],
    ['bytes', new Uint8Array([97, 61, 49]), 'none'],
    ['a view', new Uint8Array([0, 97, 61, 49, 0]).subarray(1, 4), 'none'],
    ['an array buffer', new Uint8Array([97, 61, 49]).buffer, 'none'],
    ['parameters', new URLSearchParams({ a: '1' }), 'application/x-www-form-urlencoded;charset=UTF-8'],
    ['a blob', new Blob(['a=1'], { type: 'text/csv' }), 'text/csv'],
  ])('sends %s as a body', async (_what, body, type) => {
    await using server = await startEcho();
    await using egress = egressWith();
    const fetch = egressFetch(egress, LIMITS);
    const response = await fetch(server.url, { method: 'POST', body });
    expect([await response.text(), response.headers.get('x-type')]).toEqual(['a=1', type]);
    const named = await fetch(server.url, { method: 'POST', body, headers: { 'Content-Type': 'text/x' } });
    expect(named.headers.get('x-type')).toBe('text/x');
  });

  it.each([
    ['a record', { 'X-Key': 'k', 'Content-Length': '999', Host: 'other.example', Connection: 'close' }],
    ['an array', [['X-Key', 'k']] as [string, string][]],
    ['Headers', new Headers({ 'X-Key': 'k' })],
  ])('sends headers given as %s, but those of the connection', async (_what, headers) => {
    await using server = await startEcho();
    await using egress = egressWith();
    const response = await egressFetch(egress, LIMITS)(server.url, { method: 'POST', headers, body: 'body' });
    expect(await response.text()).toBe('body');
    const seen = { 'x-key': 'k', host: `127.0.0.1:${server.port}`, 'content-length': '4' };
    expect(server.requests[0]?.headers).toMatchObject(seen);
  });

  it.each([{ 'x-evil': 'a\r\nb: c' }, { 'x evil': 'a' }, { 'x-evil': '✓' }])(
    'names what cannot be sent: %j',
    async (headers) => {
      await using egress = egressWith();
      const call = egressFetch(egress, LIMITS)('http://a.example/', { headers });
      await expect(call).rejects.toMatchObject({ code: 'egress-invalid-request' });
    },
  );

  it('gives events as they come', async () => {
    const sent = Promise.withResolvers<(text: string) => void>();
    await using server = await startServer((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
      sent.resolve((text) => void response.write(text));
    });
    await using egress = egressWith();
    const response = await egressFetch(egress, LIMITS)(server.url);
    const send = await sent.promise;
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
    for (const event of ['data: one\n\n', 'data: two\n\n']) {
      send(event);
      expect(await reader.read()).toEqual({ done: false, value: event });
    }
  });

  it('hangs up when its body is cancelled', async () => {
    const hungUp = Promise.withResolvers<void>();
    await using server = await startServer((_request, response) => {
      response.on('close', () => hungUp.resolve()).write('some');
    });
    await using egress = egressWith();
    const response = await egressFetch(egress, LIMITS)(server.url);
    await response.body?.cancel();
    await hungUp.promise;
  });

  it('gives the decoded body, and neither its coding nor cookies', async () => {
    await using server = await startServer((_request, response) => {
      response.writeHead(200, { 'content-encoding': 'gzip', 'set-cookie': 'a=1', 'x-a': ['1', '2'] });
      response.end(gzipSync('hello'));
    });
    await using egress = egressWith();
    const response = await egressFetch(egress, LIMITS)(server.url);
    expect(await response.text()).toBe('hello');
    expect([...response.headers.keys()].filter((name) => /^(x-|content-|set-)/.test(name))).toEqual(['x-a']);
    expect(response.headers.get('x-a')).toBe('1, 2');
  });

  it.each([204, 205, 304, 302, 307, 400, 500])('gives status %i as an answer', async (status) => {
    await using server = await startServer((_request, response) =>
      response.writeHead(status, { location: '/next' }).end(),
    );
    await using egress = egressWith();
    const response = await egressFetch(egress, LIMITS)(server.url);
    expect([response.status, await response.text()]).toEqual([status, '']);
    expect(server.requests).toHaveLength(1);
  });

  it.each([
    ['a target that is refused', 'http://10.0.0.1/?token=1', 'egress-denied'],
    ['another scheme', 'file:///etc/passwd?token=1', 'egress-invalid-url'],
  ])('rejects for %s', async (_what, url, code) => {
    await using egress = egressWith();
    const call = egressFetch(egress, LIMITS)(url);
    await expect(call).rejects.toMatchObject({ code, message: expect.not.stringContaining(SECRET) });
  });

  describe.each(READERS)('whose body is read by %s', (_how, read) => {
    it.each([
      ['egress-response-too-large', { maxBytes: 10 }],
      ['egress-timeout', { timeoutMs: 300, maxBytes: 100_000 }],
      ['egress-timeout', { idleTimeoutMs: 300 }],
      ['egress-connection-failed', {}],
    ])('rejects with %s under %j', async (code, limits) => {
      await using server = await startServer((_request, response) => {
        response.write('{"a": "');
        const drip = setInterval(() => response.write('more'), 5);
        if ('idleTimeoutMs' in limits) clearInterval(drip);
        else if (code === 'egress-connection-failed') response.socket?.end();
        response.on('close', () => clearInterval(drip));
      });
      await using egress = egressWith();
      const reading = egressFetch(egress, { ...LIMITS, ...limits })(`${server.url}/?${SECRET}`).then(read);
      await expect(reading).rejects.toMatchObject({ code, message: expect.not.stringContaining(SECRET) });
    });

    it("rejects with the caller's reason", async () => {
      await using server = await startServer((_request, response) => void response.write('{'));
      await using egress = egressWith();
      const abort = new AbortController();
      const response = await egressFetch(egress, LIMITS)(server.url, { signal: abort.signal });
      const reading = read(response);
      const reason = new Error('cancelled');
      abort.abort(reason);
      await expect(reading).rejects.toBe(reason);
    });
  });
});
