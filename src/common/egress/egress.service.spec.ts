import { brotliCompressSync, gzipSync } from 'node:zlib';
import { egressWith, startServer, startTcpServer } from './egress.spec-helper.js';

/** An answer that never comes: the client connects to nobody, the resolver is still thinking. */
const forever = () => new Promise<never>(() => {});

describe('the egress client', () => {
  it('sends method, headers and body and returns status, headers, body and URL', async () => {
    await using server = await startServer((request, response) => {
      response.writeHead(201, { 'X-Answer': 'yes', 'Set-Cookie': ['a=1, 2', 'b=2'], Vary: ['accept', 'origin'] });
      request.pipe(response);
    });
    await using egress = egressWith();
    const url = `${server.url}/items?q=a%20b`;
    const headers = { 'X-Api-Key': 'k', 'content-type': 'text/plain' };
    const response = await egress.request({ method: 'put', url, headers, body: 'hello ✓' });

    expect(response).toMatchObject({ status: 201, url, body: Buffer.from('hello ✓') });
    expect(response.headers).toMatchObject({ 'x-answer': 'yes', 'set-cookie': 'a=1, 2\nb=2', vary: 'accept, origin' });
    expect(server.requests[0]).toMatchObject({ method: 'PUT', url: '/items?q=a%20b' });
    expect(server.requests[0]?.headers).toMatchObject({
      'x-api-key': 'k',
      'content-length': '9',
      'user-agent': 'Seer',
    });
  });

  it.each([200, 204, 304, 404, 429, 500])('returns status %i as a result', async (status) => {
    await using server = await startServer((_request, response) => response.writeHead(status).end());
    await using egress = egressWith();
    await expect(egress.request({ method: 'GET', url: server.url })).resolves.toMatchObject({ status });
  });

  it('undoes compression, also where there is no body', async () => {
    const text = 'Seer '.repeat(1_000);
    await using server = await startServer((_request, response) => {
      response.writeHead(200, { 'Content-Encoding': 'gzip, br' }).end(brotliCompressSync(gzipSync(text)));
    });
    await using egress = egressWith();
    const get = await egress.request({ method: 'GET', url: server.url });
    expect(get.body.toString()).toBe(text);
    const head = await egress.request({ method: 'HEAD', url: server.url });
    expect(head).toMatchObject({ status: 200, body: Buffer.alloc(0) });
  });

  describe('with redirects', () => {
    it('follows them to the end', async () => {
      await using server = await startServer((request, response) => {
        const step = Number(request.url?.slice(1));
        response.writeHead(step < 5 ? 302 : 200, { location: `/${step + 1}` }).end(`step ${step}`);
      });
      await using egress = egressWith();
      const response = await egress.request({ method: 'GET', url: `${server.url}/0` });
      expect(response).toMatchObject({ status: 200, url: `${server.url}/5`, body: Buffer.from('step 5') });
    });

    it.each([
      [undefined, 6],
      [0, 1],
      [2, 3],
    ])('gives up after %s of them', async (maxRedirects, expectedRequests) => {
      await using server = await startServer((_request, response) => response.writeHead(302, { location: '/' }).end());
      await using egress = egressWith();
      const request = egress.request({ method: 'GET', url: server.url, maxRedirects });
      await expect(request).rejects.toMatchObject({ code: 'egress-too-many-redirects' });
      expect(server.requests).toHaveLength(expectedRequests);
    });

    it('returns them when told not to follow', async () => {
      await using server = await startServer((_request, response) =>
        response.writeHead(302, { location: '/next' }).end('moved'),
      );
      await using egress = egressWith();
      const response = await egress.request({ method: 'GET', url: server.url, followRedirects: false });
      expect(response).toMatchObject({ status: 302, body: Buffer.from('moved'), headers: { location: '/next' } });
    });

    it('does not take credentials to another origin, nor back', async () => {
      await using other = await startServer((request, response) =>
        response.writeHead(307, { location: String(request.headers['x-back']) }).end(),
      );
      await using server = await startServer((request, response) => {
        const location = { '/0': '/1', '/1': other.url }[request.url ?? ''];
        if (location) response.writeHead(307, { location }).end();
        else response.end('done');
      });
      await using egress = egressWith();
      const credentials = { authorization: 'Bearer 1', cookie: 'a=1', 'x-api-key': 'k' };
      const headers = { ...credentials, 'X-Back': `${server.url}/2` };
      await egress.request({
        method: 'POST',
        url: `${server.url}/0`,
        headers,
        body: 'b',
        secretHeaders: ['X-API-Key'],
      });

      const seen = [...server.requests.slice(0, 2), ...other.requests, ...server.requests.slice(2)];
      const carried = seen.map(({ headers }) => Object.keys(credentials).filter((name) => name in headers));
      expect(carried).toEqual([Object.keys(credentials), Object.keys(credentials), [], []]);
    });
  });

  describe('when the caller aborts', () => {
    it('throws the reason, before the start', async () => {
      const reason = new Error('cancelled');
      await using server = await startServer((_request, response) => response.end());
      await using egress = egressWith();
      const request = egress.request({ method: 'GET', url: server.url, signal: AbortSignal.abort(reason) });
      await expect(request).rejects.toBe(reason);
      expect(server.requests).toHaveLength(0);
    });

    it.each(['resolving', 'waiting for headers', 'reading the body'])('throws the reason, while %s', async (phase) => {
      const abort = new AbortController();
      const reason = new Error('cancelled');
      await using server = await startServer((_request, response) => {
        if (phase === 'reading the body') response.write('some');
        setImmediate(() => abort.abort(reason));
      });
      const lookup = () => {
        setImmediate(() => abort.abort(reason));
        return forever();
      };
      await using egress = egressWith({ lookup });
      const url = phase === 'resolving' ? 'http://slow.example/' : server.url;
      await expect(egress.request({ method: 'GET', url, signal: abort.signal })).rejects.toBe(reason);
    });
  });

  it.each([
    [{ 'x-evil': 'a\r\nx-injected: b' }],
    [{ 'x-evil\r\nx-injected': 'b' }],
    [{ 'x evil': 'b' }],
    [{ 'x-evil': 'a\u0000' }],
    [{ 'x-evil': '✓' }],
    [{ host: 'other.example' }],
    [{ 'Transfer-Encoding': 'chunked' }],
  ])('does not send the headers %j', async (headers) => {
    await using server = await startServer((_request, response) => response.end());
    await using egress = egressWith();
    await expect(egress.request({ method: 'GET', url: server.url, headers })).rejects.toMatchObject({
      code: 'egress-invalid-request',
      retryable: false,
    });
    expect(server.requests).toHaveLength(0);
  });

  it('keeps the host name for TLS while it connects to the judged address', async () => {
    const hello = Promise.withResolvers<Buffer>();
    await using server = await startTcpServer((socket) => {
      socket.once('data', (data: Buffer) => {
        hello.resolve(data);
        socket.destroy();
      });
    });
    await using egress = egressWith({ lookup: () => Promise.resolve([{ address: '127.0.0.1', family: 4 }]) });
    const request = egress.request({ method: 'GET', url: `https://tls.example:${server.port}/` });
    await expect(request).rejects.toMatchObject({ code: 'egress-connection-failed' });
    expect((await hello.promise).includes('tls.example')).toBe(true);
  });

  it('names the host and the problem when nobody listens', async () => {
    const server = await startServer(() => {});
    await server[Symbol.asyncDispose]();
    await using egress = egressWith();
    await expect(egress.request({ method: 'GET', url: `${server.url}/secret` })).rejects.toMatchObject({
      code: 'egress-connection-failed',
      retryable: true,
      message: `The connection to 127.0.0.1:${server.port} failed: connect ECONNREFUSED 127.0.0.1:${server.port}.`,
    });
  });

  it('ends open requests and its connections at shutdown', async () => {
    const arrived = Promise.withResolvers<void>();
    const hungUp = Promise.withResolvers<void>();
    await using server = await startServer((request) => {
      arrived.resolve();
      request.socket.on('close', () => hungUp.resolve());
    });
    const egress = egressWith();
    const request = egress.request({ method: 'GET', url: server.url });
    const outcome = expect(request).rejects.toMatchObject({ code: 'egress-connection-failed', retryable: true });
    await arrived.promise;
    await egress.onApplicationShutdown();
    await outcome;
    await hungUp.promise;
  });
});
