import { getEventListeners, once } from 'node:events';
import type { Socket } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { connect as connectTls, createServer as createTlsServer } from 'node:tls';
import { egressWith, listen, startTcpServer } from './egress.spec-helper.js';

const PORT = { port: 5432, maxBytes: 1_000 };
const DENIED = expect.objectContaining({ code: 'egress-denied' });

/** Writes as fast as the client reads, without end. */
function writeForever(socket: Socket): void {
  const write = (): void => {
    while (socket.write(Buffer.alloc(65_536)));
  };
  socket.on('drain', write).on('error', () => {});
  write();
}

describe('a connection for another protocol', () => {
  it('reaches the judged address, and leaves what arrives to its owner', async () => {
    await using server = await startTcpServer((socket) => socket.write('220 hello\r\n'));
    const questions: string[] = [];
    const lookup = (host: string) => {
      questions.push(host);
      return Promise.resolve([{ address: questions.length === 1 ? '127.0.0.1' : '10.0.0.1', family: 4 }]);
    };
    await using egress = egressWith({ lookup });
    const socket = await egress.connect({ host: 'Mail.Example', port: server.port, maxBytes: 11 });
    expect(questions).toEqual(['mail.example']);
    expect([socket.remoteAddress, socket.readableFlowing]).toEqual(['127.0.0.1', null]);
    expect(String((await once(socket, 'data'))[0])).toBe('220 hello\r\n');
  });

  it.each(['10.0.0.1', '::1', '[::1]', '2130706433', '0177.1', '127.1', '0x7f.1', '１２７.1', '127%2e1', 'db.example'])(
    'is not made to %s',
    async (host) => {
      const lookup = () => Promise.resolve([{ address: '10.0.0.1', family: 4 }]);
      await using egress = egressWith({ allowLoopback: false, lookup });
      await expect(egress.connect({ ...PORT, host })).rejects.toEqual(DENIED);
    },
  );

  it.each(['', 'a b', 'a/b', 'user@a', 'a:80', 'http://a', 'a#b', 'a?b', 'a\\b', '[::1', '%00', '1.2.3.4.5', 'a\n'])(
    'is not made to what is not a host: "%s"',
    async (host) => {
      await using egress = egressWith();
      await expect(egress.connect({ ...PORT, host })).rejects.toMatchObject({ code: 'egress-invalid-url' });
    },
  );

  it.each([0, -1, 65_536, 1.5, Number.NaN])('is not made to port %d', async (port) => {
    await using egress = egressWith();
    const connection = egress.connect({ ...PORT, host: '127.0.0.1', port });
    await expect(connection).rejects.toMatchObject({ code: 'egress-invalid-request' });
  });

  it.each([
    ['ENOTFOUND', false],
    ['EAI_AGAIN', true],
  ])('names a failure of the resolver: %s', async (code, retryable) => {
    await using egress = egressWith({ lookup: () => Promise.reject(Object.assign(new Error(code), { code })) });
    const connection = egress.connect({ ...PORT, host: 'nowhere.example' });
    await expect(connection).rejects.toMatchObject({ code: 'egress-dns-failure', retryable });
  });

  it('names the host and the problem when nobody listens', async () => {
    const server = await startTcpServer(() => {});
    await server[Symbol.asyncDispose]();
    await using egress = egressWith();
    const connection = egress.connect({ ...PORT, host: '127.0.0.1', port: server.port });
    await expect(connection).rejects.toMatchObject({
      code: 'egress-connection-failed',
      retryable: true,
      message: expect.stringContaining(`127.0.0.1:${server.port} failed`),
    });
  });

  it('is given up when it takes too long', async () => {
    await using egress = egressWith({ lookup: () => new Promise(() => {}) });
    const connection = egress.connect({ ...PORT, host: 'slow.example', timeoutMs: 50 });
    await expect(connection).rejects.toMatchObject({
      code: 'egress-timeout',
      message: 'The connection was not there within 50 ms.',
    });
  });

  it("ends with the caller's signal, at any time", async () => {
    const reason = new Error('cancelled');
    await using server = await startTcpServer(() => {});
    await using egress = egressWith({ lookup: () => new Promise(() => {}) });
    const here = { ...PORT, host: '127.0.0.1', port: server.port };
    await expect(egress.connect({ ...here, signal: AbortSignal.abort(reason) })).rejects.toBe(reason);

    const connecting = new AbortController();
    const connection = egress.connect({ ...PORT, host: 'slow.example', signal: connecting.signal });
    connecting.abort(reason);
    await expect(connection).rejects.toBe(reason);

    const connected = new AbortController();
    const socket = await egress.connect({ ...here, signal: connected.signal, timeoutMs: 1_000 });
    connected.abort(reason);
    expect(await once(socket, 'error')).toEqual([reason]);
  });

  it('lets go of the signal when it closes', async () => {
    const { signal } = new AbortController();
    await using server = await startTcpServer(() => {});
    await using egress = egressWith();
    const socket = await egress.connect({ ...PORT, host: '127.0.0.1', port: server.port, signal });
    expect(getEventListeners(signal, 'abort')).toHaveLength(1);
    socket.destroy();
    await once(socket, 'close');
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
  });

  it('does not end the process when it fails and nobody listens', async () => {
    const abort = new AbortController();
    await using server = await startTcpServer(() => {});
    await using egress = egressWith();
    const socket = await egress.connect({ ...PORT, host: '127.0.0.1', port: server.port, signal: abort.signal });
    const closed = new Promise((resolve) => socket.on('close', resolve));
    abort.abort(new Error('cancelled'));
    await closed;
  });

  it('gives exactly its limit, and not a byte more', async () => {
    await using server = await startTcpServer((socket) => socket.end('ten bytes.'));
    await using egress = egressWith();
    const connect = (maxBytes: number) => egress.connect({ host: '127.0.0.1', port: server.port, maxBytes });
    expect(String(await buffer(await connect(10)))).toBe('ten bytes.');
    await expect(buffer(await connect(9))).rejects.toMatchObject({
      code: 'egress-response-too-large',
      message: 'What came over the connection exceeds the limit of 9 bytes.',
    });
  });

  it('does not read when its owner does not, nor fail for what was not read', async () => {
    await using server = await startTcpServer(writeForever);
    await using egress = egressWith();
    const socket = await egress.connect({ host: '127.0.0.1', port: server.port, maxBytes: 1_000_000 });
    const failed = once(socket, 'error');
    socket.pause();
    await once(socket, 'readable', { signal: AbortSignal.timeout(200) }).catch(() => {});
    expect(socket.bytesRead).toBeLessThan(1_000_000);
    socket.resume();
    expect(await failed).toMatchObject([{ code: 'egress-response-too-large' }]);
  });

  it('counts below TLS, and ends what is above', async () => {
    // A shared key needs no certificate.
    const psk = Buffer.alloc(32, 7);
    const common = { ciphers: 'PSK-AES128-GCM-SHA256', maxVersion: 'TLSv1.2' } as const;
    const tls = createTlsServer({ ...common, pskCallback: () => psk }, writeForever);
    await using server = await listen(tls, []);
    await using egress = egressWith();
    const maxBytes = 1_000_000;
    const socket = await egress.connect({ host: '127.0.0.1', port: server.port, maxBytes });
    const secured = connectTls({
      ...common,
      socket,
      pskCallback: () => ({ psk, identity: 'test' }),
      checkServerIdentity: () => undefined,
    });
    await once(secured, 'secureConnect');
    await expect(buffer(secured)).rejects.toMatchObject({ code: 'egress-response-too-large' });
    expect(socket.destroyed).toBe(true);
    expect(socket.bytesRead).toBeLessThan(maxBytes + 100_000_000);
  });

  it('ends at shutdown', async () => {
    await using server = await startTcpServer(() => {});
    const egress = egressWith();
    const socket = await egress.connect({ ...PORT, host: '127.0.0.1', port: server.port });
    await egress.onApplicationShutdown();
    expect(socket.destroyed).toBe(true);
  });
});
