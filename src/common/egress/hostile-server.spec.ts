import type { ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import { egressWith, startServer, startTcpServer } from './egress.spec-helper.js';

/** Writes as fast as the client reads, without end. */
function writeForever(response: ServerResponse): void {
  const write = (): void => {
    while (response.write(Buffer.alloc(65_536)));
  };
  response.on('drain', write);
  write();
}

describe('the egress client against a hostile server', () => {
  it('stops a gzip bomb of 100 MB at the limit', async () => {
    const bomb = gzipSync(Buffer.alloc(100_000_000), { level: 1 });
    await using server = await startServer((_request, response) => {
      response.writeHead(200, { 'Content-Encoding': 'gzip' }).end(bomb);
    });
    await using egress = egressWith();
    await expect(egress.request({ method: 'GET', url: server.url })).rejects.toMatchObject({
      code: 'egress-response-too-large',
      message: 'The body of the response exceeds the limit of 5242880 bytes.',
    });
  });

  it('stops an endless body at the limit and hangs up', async () => {
    const hungUp = Promise.withResolvers<void>();
    await using server = await startServer((_request, response) => {
      response.on('close', () => hungUp.resolve());
      writeForever(response);
    });
    await using egress = egressWith();
    const request = egress.request({ method: 'GET', url: server.url, maxBytes: 1_000_000 });
    await expect(request).rejects.toMatchObject({ code: 'egress-response-too-large', retryable: false });
    await hungUp.promise;
  });

  it('does not read the endless body of a redirect', async () => {
    await using server = await startServer((request, response) => {
      if (request.url === '/next') response.end('here');
      else writeForever(response.writeHead(302, { location: '/next' }));
    });
    await using egress = egressWith();
    await expect(egress.request({ method: 'GET', url: server.url })).resolves.toMatchObject({ status: 200 });
  });

  it('stops a body that drips when the time is up', async () => {
    await using server = await startServer((_request, response) => {
      const drip = setInterval(() => response.write('.'), 5);
      response.on('close', () => clearInterval(drip));
    });
    await using egress = egressWith();
    const request = egress.request({ method: 'GET', url: server.url, timeoutMs: 100 });
    await expect(request).rejects.toMatchObject({ code: 'egress-timeout', retryable: true });
  });

  it('stops waiting for headers, or for the resolver, when the time is up', async () => {
    await using server = await startServer(() => {});
    await using egress = egressWith({ lookup: () => new Promise(() => {}) });
    for (const url of [server.url, 'http://slow.example/']) {
      await expect(egress.request({ method: 'GET', url, timeoutMs: 50 })).rejects.toThrow('within 50 ms');
    }
  });

  it.each([
    ['one header of 100 KB', 'egress-response-too-large', `x: ${'a'.repeat(100_000)}\r\n`],
    ['headers without end', 'egress-response-too-large', 'x-a: aaaaaaaaaa\r\n'.repeat(10_000)],
    ['300 headers', 'egress-protocol-error', 'x: a\r\n'.repeat(300)],
    ['two lengths', 'egress-protocol-error', 'content-length: 5\r\n'],
    ['a length and chunks', 'egress-protocol-error', 'transfer-encoding: chunked\r\n'],
    ['a header without a name', 'egress-protocol-error', ': a\r\n'],
  ])('refuses %s: %s', async (_what, code, headers) => {
    await using server = await startTcpServer((socket) => {
      socket.write(`HTTP/1.1 200 OK\r\ncontent-length: 2\r\n${headers}\r\nok`);
    });
    await using egress = egressWith();
    await expect(egress.request({ method: 'GET', url: server.url })).rejects.toMatchObject({ code });
  });

  it.each([
    [
      'a body shorter than its length',
      'HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nshort',
      'egress-connection-failed',
    ],
    [
      'chunks without an end',
      'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nshort',
      'egress-connection-failed',
    ],
    ['half a header', 'HTTP/1.1 200 OK\r\nconte', 'egress-connection-failed'],
    ['nothing', '', 'egress-connection-failed'],
    ['no HTTP', 'SSH-2.0-OpenSSH_9.9\r\n', 'egress-protocol-error'],
  ])('names the error when it sends %s', async (_what, bytes, code) => {
    await using server = await startTcpServer((socket) => socket.once('data', () => socket.end(bytes)));
    await using egress = egressWith();
    await expect(egress.request({ method: 'GET', url: server.url })).rejects.toMatchObject({ code });
  });
});
