import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { TLSSocket } from 'node:tls';

/** A server on loopback that speaks as the test says. */
export interface TcpServer {
  readonly port: number;
  /** Everything that came from clients, as it came. */
  readonly received: Buffer[];
  /** Connections that are open now. */
  open(): number;
  close(): Promise<void>;
}

const SSL_REQUEST = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]);

/** A certificate of the tests' own authority, for the name `localhost`. */
export const certificates = {
  ca: certificate('ca.pem'),
  cert: certificate('localhost.pem'),
  key: certificate('localhost.key.pem'),
};

function certificate(name: string): string {
  return readFileSync(join('test', 'support', 'certificates', name), 'utf8');
}

export async function startTcpServer(onConnection: (socket: Socket) => void): Promise<TcpServer> {
  const sockets = new Set<Socket>();
  const received: Buffer[] = [];
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {}).on('close', () => sockets.delete(socket));
    socket.on('data', (data: Buffer) => received.push(data));
    onConnection(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    received,
    open: () => sockets.size,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

/** Another address of a server: everything is passed on. */
export function startTunnel(port: number): Promise<TcpServer> {
  return startTcpServer((socket) => {
    const target = connect(port, '127.0.0.1');
    target.on('error', () => socket.destroy()).on('close', () => socket.destroy());
    socket.on('close', () => target.destroy());
    socket.pipe(target).pipe(socket);
  });
}

/** A PostgreSQL server with TLS: what comes encrypted is passed on to one without. */
export function startTlsPostgres(port: number): Promise<TcpServer> {
  return startTcpServer((socket) => {
    socket.once('data', (data: Buffer) => {
      if (!data.equals(SSL_REQUEST)) return socket.destroy();
      socket.write('S');
      const encrypted = new TLSSocket(socket, { isServer: true, cert: certificates.cert, key: certificates.key });
      const target = connect(port, '127.0.0.1');
      target.on('error', () => socket.destroy()).on('close', () => socket.destroy());
      encrypted.on('error', () => target.destroy()).on('close', () => target.destroy());
      return encrypted.pipe(target).pipe(encrypted);
    });
  });
}
