import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from 'node:net';
import { EgressService } from './egress.service.js';
import type { EgressOptions } from './egress.types.js';

/** A real server on a free port of 127.0.0.1 that counts what reached it. */
export interface LocalServer extends AsyncDisposable {
  readonly port: number;
  readonly url: string;
  readonly requests: IncomingMessage[];
  /** Connections accepted so far. */
  connections(): number;
}

/** An egress client that may reach loopback, unless the options say otherwise. */
export function egressWith(options: Partial<EgressOptions> = {}): EgressService & AsyncDisposable {
  const service = new EgressService({ allow: [], allowLoopback: true, ownPorts: new Set(), ...options });
  return Object.assign(service, { [Symbol.asyncDispose]: () => service.onApplicationShutdown() });
}

export function startServer(handler: RequestListener): Promise<LocalServer> {
  const requests: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    requests.push(request);
    handler(request, response);
  });
  return listen(server, requests);
}

/** For what node:http would not send. */
export function startTcpServer(onConnection: (socket: Socket) => void): Promise<LocalServer> {
  return listen(createTcpServer(onConnection), []);
}

/** For a server that a test made itself. */
export async function listen(server: Server, requests: IncomingMessage[]): Promise<LocalServer> {
  const sockets: Socket[] = [];
  server.on('connection', (socket: Socket) => sockets.push(socket.on('error', () => {})));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    port,
    url: `http://127.0.0.1:${port}`,
    requests,
    connections: () => sockets.length,
    async [Symbol.asyncDispose]() {
      server.close();
      for (const socket of sockets) socket.destroy();
      await once(server, 'close');
    },
  };
}
