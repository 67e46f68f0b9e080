import { once } from 'node:events';
import { isIPv6, type Socket } from 'node:net';
import { BoundedSocket } from './bounded-socket.js';
import { EgressInvalidRequestError, EgressInvalidUrlError, EgressTimeoutError } from './egress.errors.js';
import type { EgressConnection } from './egress.types.js';
import { answerWith } from './pinned-connector.js';
import type { TargetResolver } from './target-resolver.js';
import { toEgressError } from './transport-errors.js';

const CONNECT_TIMEOUT_MS = 10_000;

/** Opens a connection, only to an address that was judged. See `EgressService.connect`. */
export async function openConnection(request: EgressConnection, resolver: TargetResolver): Promise<Socket> {
  const host = parseHost(request.host);
  const { port, maxBytes, signal, timeoutMs = CONNECT_TIMEOUT_MS } = request;
  if (!Number.isInteger(port) || port < 1 || port > 65_535) {
    throw new EgressInvalidRequestError(`The port ${port} is not a number from 1 to 65535.`);
  }
  signal?.throwIfAborted();
  const socket = new BoundedSocket(maxBytes);
  const timer = setTimeout(() => socket.destroy(new EgressTimeoutError('connect', timeoutMs)), timeoutMs);
  const failure = endWith(socket, signal);
  try {
    const addresses = await Promise.race([resolver.resolve(host, port), failure]);
    socket.connect({ host, port, lookup: answerWith(addresses) });
    await Promise.race([once(socket, 'connect'), failure]);
    return socket;
  } catch (error) {
    socket.destroy();
    signal?.throwIfAborted();
    throw toEgressError(error, `${request.host}:${port}`);
  } finally {
    clearTimeout(timer);
  }
}

/** Ends the socket with the caller's signal. The promise rejects with the socket's first error. */
function endWith(socket: Socket, signal: AbortSignal | undefined): Promise<never> {
  const stop = () => socket.destroy(signal?.reason as Error);
  signal?.addEventListener('abort', stop);
  socket.once('close', () => signal?.removeEventListener('abort', stop));

  const { promise, reject } = Promise.withResolvers<never>();
  promise.catch(() => {});
  // Stays: a socket below TLS has no other listener, and its error would end the process.
  socket.on('error', reject);
  return promise;
}

/** One spelling per host, as in a URL: `2130706433` becomes `127.0.0.1`. */
function parseHost(text: string): string {
  const host = isIPv6(text) ? `[${text}]` : text;
  const hasMore = /[/\\?#@\s]|:\d*$/.test(host);
  const url = hasMore ? null : URL.parse(`http://${host}/`);
  if (url === null) throw new EgressInvalidUrlError('The host is not valid; it looks like db.example.com.');
  return url.hostname.replace(/^\[(.*)\]$/, '$1');
}
