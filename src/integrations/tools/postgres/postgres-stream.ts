import { once } from 'node:events';
import { isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { type Egress } from '../../credentials/bound-egress.js';
import { ToolError } from '../tool-error.js';
import { containFaults } from '../contain-faults.js';
import { type PostgresMetadata } from './postgres-metadata.js';

/** SSLRequest of the protocol: its length and its code. */
const SSL_REQUEST = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]);

/** Limits of one connection. */
export interface StreamLimits {
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
  readonly maxBytes: number;
}

/**
 * Opens what a PostgreSQL server is spoken to through, encrypted as the resource says: with `require`, nothing at all is
 * said before the server has proved who it is.
 * @throws EgressError; ToolError when the server can't encrypt; what the socket fails with
 */
export async function openStream(egress: Egress, metadata: PostgresMetadata, limits: StreamLimits): Promise<Socket> {
  const { host, port, tls } = metadata;
  const socket = await egress.connect({ host, port, ...limits });
  try {
    return containFaults(tls === 'disable' ? socket : await encrypt(socket, metadata));
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

async function encrypt(socket: Socket, { host, tls, ca }: PostgresMetadata): Promise<Socket> {
  socket.write(SSL_REQUEST);
  const answer = await firstBytes(socket);
  if (answer.toString('latin1') === 'N') {
    const message = `${host} does not encrypt. If that is what you want, set "tls" of the resource to "disable".`;
    throw new ToolError('upstream-refused', message, false);
  }
  // More than the one byte came from somebody who would like it to count as encrypted (CVE-2021-23222).
  if (answer.toString('latin1') !== 'S') {
    throw new ToolError('upstream-error', `${host} does not answer like a PostgreSQL server.`, false);
  }
  const encrypted = connectTls({
    socket,
    host,
    ...(isIP(host) === 0 && { servername: host }),
    ...(ca !== undefined && { ca }),
    rejectUnauthorized: tls === 'require',
  });
  await orClosed(encrypted.on('error', noted), once(encrypted, 'secureConnect'));
  return encrypted;
}

/** Between two readers nobody listens, and an error would end the process. The next one sees that it is closed. */
function noted(): void {}

async function firstBytes(socket: Socket): Promise<Buffer> {
  const [bytes] = (await orClosed(socket, once(socket, 'data'))) as [Buffer];
  socket.pause();
  return bytes;
}

/** A close alone is no error for `once`. */
async function orClosed<Value>(socket: Socket, work: Promise<Value>): Promise<Value> {
  const closed = Promise.withResolvers<never>();
  const close = () =>
    closed.reject(Object.assign(new Error('it was closed by the other side'), { code: 'ECONNRESET' }));
  socket.once('close', close).once('end', close);
  try {
    return await Promise.race([work, closed.promise]);
  } finally {
    socket.off('close', close).off('end', close);
  }
}
