import { connect, createServer, type Server, type Socket } from 'node:net';
import { once } from 'node:events';
import { type AddressInfo } from 'node:net';

/** The way to a database through a network that can forget its connections: neither side hears anything then, not even an end. */
export class SilentProxy {
  private readonly sockets = new Set<Socket>();
  private forgotten = new Set<Socket>();

  private constructor(
    private readonly server: Server,
    /** The URL of the database, by this way. */
    readonly url: string,
  ) {}

  static async start(databaseUrl: string): Promise<SilentProxy> {
    const { hostname, port } = new URL(databaseUrl);
    const host = decodeURIComponent(hostname);
    const socket = host.startsWith('/') && `${host}/.s.PGSQL.${port}`;
    const allowHalfOpen = true;
    const place = socket ? { path: socket } : { port: Number(port), host };
    const reach = () => connect({ ...place, allowHalfOpen });
    const server = createServer({ allowHalfOpen });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const url = new URL(databaseUrl);
    url.host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    const proxy = new SilentProxy(server, url.href);
    server.on('connection', (near) => proxy.join(near, reach()));
    return proxy;
  }

  /** Nothing passes any more on the connections that there are; new ones are as good as ever. */
  forget(): void {
    this.forgotten = new Set(this.sockets);
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    this.server.close();
    await once(this.server, 'close');
  }

  private join(near: Socket, far: Socket): void {
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      this.sockets.add(from);
      from.on('data', (data) => this.forgotten.has(from) || to.write(data));
      from.on('end', () => this.forgotten.has(from) || to.end());
      from.on('error', () => this.forgotten.has(from) || to.destroy());
      from.on('close', () => this.forgotten.has(from) || to.destroy());
    }
  }
}
