import { getEventListeners } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { setImmediate } from 'node:timers/promises';
import { constants, createBrotliCompress, createGzip, createZstdCompress } from 'node:zlib';
import { egressWith, startServer } from './egress.spec-helper.js';

/** A server whose answer the test writes itself, and that tells when the client hangs up. */
async function startStage() {
  const arrived = Promise.withResolvers<ServerResponse>();
  const hungUp = Promise.withResolvers<void>();
  const server = await startServer((_request, response) => {
    response.on('close', () => hungUp.resolve());
    response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
    arrived.resolve(response);
  });
  return Object.assign(server, { response: arrived.promise, hungUp: hungUp.promise });
}

/** The next piece of a stream, as it came. */
async function next(pieces: AsyncIterator<Buffer>): Promise<string> {
  return String((await pieces.next()).value);
}

const piecesOf = (body: Readable) => body[Symbol.asyncIterator]() as AsyncIterator<Buffer>;

describe('an opened response', () => {
  it('is there with the headers, and gives the body as it comes', async () => {
    await using stage = await startStage();
    await using egress = egressWith();
    const { status, headers, url, body } = await egress.open({ method: 'GET', url: `${stage.url}/events` });
    expect({ status, type: headers['content-type'], url }).toEqual({
      status: 200,
      type: 'text/event-stream',
      url: `${stage.url}/events`,
    });

    const response = await stage.response;
    const pieces = piecesOf(body);
    for (const piece of ['data: one\n\n', 'data: two\n\n']) {
      response.write(piece);
      expect(await next(pieces)).toBe(piece);
    }
    response.end();
    expect(await pieces.next()).toMatchObject({ done: true });
  });

  it.each([
    ['gzip', () => createGzip()],
    ['br', () => createBrotliCompress({ params: { [constants.BROTLI_PARAM_QUALITY]: 1 } })],
    ['zstd', () => createZstdCompress()],
  ])('gives each piece that was flushed under %s', async (coding, createCompressor) => {
    const compressor = createCompressor();
    await using server = await startServer((_request, response) => {
      compressor.pipe(response.writeHead(200, { 'content-encoding': coding }));
      response.flushHeaders();
    });
    await using egress = egressWith();
    const { body } = await egress.open({ method: 'GET', url: server.url });
    const pieces = piecesOf(body);
    for (const piece of ['data: one\n\n', 'data: two\n\n']) {
      compressor.write(piece);
      compressor.flush();
      expect(await next(pieces)).toBe(piece);
    }
    compressor.end();
    expect(await pieces.next()).toMatchObject({ done: true });
  });

  it('follows redirects before it opens', async () => {
    await using server = await startServer((request, response) => {
      if (request.url === '/next') response.end('here');
      else response.writeHead(302, { location: '/next' }).end('not this');
    });
    await using egress = egressWith();
    const { body, url } = await egress.open({ method: 'GET', url: server.url });
    expect([await text(body), url]).toEqual(['here', `${server.url}/next`]);
  });

  it('fails past its limit, after what was within it, and hangs up', async () => {
    await using stage = await startStage();
    await using egress = egressWith();
    const { body } = await egress.open({ method: 'GET', url: stage.url, maxBytes: 10 });
    const response = await stage.response;
    const pieces = piecesOf(body);
    response.write('ten bytes.');
    expect(await next(pieces)).toBe('ten bytes.');
    response.write('!');
    await expect(pieces.next()).rejects.toMatchObject({ code: 'egress-response-too-large' });
    await stage.hungUp;
  });

  it('fails at its deadline, however lively it is, and hangs up', async () => {
    await using stage = await startStage();
    await using egress = egressWith();
    const { body } = await egress.open({ method: 'GET', url: stage.url, timeoutMs: 1_000, idleTimeoutMs: 600 });
    const response = await stage.response;
    const drip = setInterval(() => response.write('.'), 5);
    await expect(text(body)).rejects.toMatchObject({
      code: 'egress-timeout',
      message: expect.stringContaining('1000'),
    });
    await stage.hungUp;
    clearInterval(drip);
  });

  it.each([
    ['before the headers', false],
    ['within the body', true],
  ])('fails when the other side falls silent %s', async (_when, hasHeaders) => {
    await using stage = await startStage();
    await using silent = await startServer(() => {});
    await using egress = egressWith();
    const url = hasHeaders ? stage.url : silent.url;
    const whole = egress.request({ method: 'GET', url, idleTimeoutMs: 500 });
    if (hasHeaders) (await stage.response).write('some');
    await expect(whole).rejects.toMatchObject({
      code: 'egress-timeout',
      retryable: true,
      message: 'The other side sent nothing for 500 ms.',
    });
  });

  it('does not call a slow reader silence', async () => {
    await using stage = await startStage();
    await using egress = egressWith();
    const { body } = await egress.open({ method: 'GET', url: stage.url, idleTimeoutMs: 300, timeoutMs: 1_000 });
    (await stage.response).write('unread');
    const failure = Promise.withResolvers<Error>();
    body.once('error', failure.resolve);
    expect(await failure.promise).toMatchObject({ message: expect.stringContaining('1000') });
  });

  it("fails with the caller's reason when the caller aborts", async () => {
    const abort = new AbortController();
    const reason = new Error('cancelled');
    await using stage = await startStage();
    await using egress = egressWith();
    const { body } = await egress.open({ method: 'GET', url: stage.url, signal: abort.signal });
    const whole = text(body);
    abort.abort(reason);
    await expect(whole).rejects.toBe(reason);
    await stage.hungUp;
  });

  it('names a connection that breaks, also for those who read later', async () => {
    await using stage = await startStage();
    await using egress = egressWith();
    const { body } = await egress.open({ method: 'GET', url: `${stage.url}/secret` });
    const closed = new Promise((resolve) => body.once('close', resolve));
    (await stage.response).destroy();
    await closed;
    await expect(text(body)).rejects.toMatchObject({
      code: 'egress-connection-failed',
      message: expect.not.stringContaining('secret'),
    });
  });

  it('hangs up when it is given up', async () => {
    await using stage = await startStage();
    await using egress = egressWith();
    const { body } = await egress.open({ method: 'GET', url: stage.url });
    body.destroy();
    await stage.hungUp;
  });

  it('lets go of a whole answer that nobody reads when the time is up', async () => {
    await using stage = await startStage();
    await using egress = egressWith();
    const { body } = await egress.open({ method: 'GET', url: stage.url, timeoutMs: 500 });
    const closed = new Promise((resolve) => body.once('close', resolve));
    (await stage.response).end('unread');
    await closed;
    await expect(text(body)).rejects.toMatchObject({ code: 'egress-timeout' });
  });

  it.each(['read', 'destroyed', 'failed', 'refused'])(
    "holds no listener of the caller's signal once it is %s",
    async (how) => {
      const { signal } = new AbortController();
      await using server = await startServer((_request, response) => {
        if (how === 'refused') response.writeHead(200, { 'content-encoding': 'unknown' });
        response.end('whole');
      });
      await using egress = egressWith();
      const maxBytes = how === 'failed' ? 1 : 1_000;
      const opened = egress.open({ method: 'GET', url: server.url, signal, maxBytes });
      expect(getEventListeners(signal, 'abort')).toHaveLength(1);
      const body = await opened.then(
        (stream) => stream.body,
        () => undefined,
      );
      if (how === 'destroyed') body?.destroy();
      else if (body) await text(body).catch(() => {});
      await setImmediate();
      expect(getEventListeners(signal, 'abort')).toHaveLength(0);
    },
  );
});
