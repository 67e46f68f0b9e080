import { connect, type Socket } from 'node:net';
import { startTcpServer, type TcpServer } from './tcp-proxy.js';

/** What poolers do to connections that goes by without a word; each passes on what it does not touch. */
export const forgetful = {
  /** PgBouncer with `ignore_startup_parameters = options`. */
  options: { startup: withoutOptions, later: (data: Buffer) => data },
  /** One that does without roles. */
  roles: {
    startup: (data: Buffer) => data,
    later: (data: Buffer) =>
      Buffer.from(
        data.toString('latin1').replaceAll(/set role "[^"]+"/g, (text) => ' '.repeat(text.length)),
        'latin1',
      ),
  },
};

/** Another address of a PostgreSQL server, one connection for each, changed in one way. */
export function startForgetfulPooler(port: number, what: keyof typeof forgetful): Promise<TcpServer> {
  const { startup, later } = forgetful[what];
  return startTcpServer((socket) => {
    const target = link(socket, port);
    socket.once('data', (first: Buffer) => {
      target.write(startup(first));
      socket.on('data', (data: Buffer) => target.write(later(data)));
    });
    target.pipe(socket);
  });
}

function link(socket: Socket, port: number): Socket {
  const target = connect(port, '127.0.0.1');
  target.on('error', () => socket.destroy()).on('close', () => socket.destroy());
  socket.on('close', () => target.destroy());
  return target;
}

/** Startup message: length, version of the protocol, names and values, each with a zero at its end, and one more. */
function withoutOptions(message: Buffer): Buffer {
  const words = message.toString('utf8', 8).split('\0').slice(0, -2);
  const kept = words.filter((_, n) => words[n - (n % 2)] !== 'options');
  const body = Buffer.from(`${[...kept, ''].join('\0')}\0`);
  const head = Buffer.from(message.subarray(0, 8));
  head.writeInt32BE(8 + body.length);
  return Buffer.concat([head, body]);
}

/** The first one that connects logs in; all who come later share its session, for a transaction each. */
export async function startTransactionPooler(port: number): Promise<TcpServer> {
  let session: SharedSession | undefined;
  const pooler = await startTcpServer((socket) => {
    if (session) return session.join(socket);
    session = new SharedSession(connect(port, '127.0.0.1'));
    return session.begin(socket);
  });
  return {
    ...pooler,
    close: async () => {
      session?.end();
      await pooler.close();
    },
  };
}

class SharedSession {
  private owner: Socket | undefined;
  private readonly waiting: { from: Socket; message: Buffer }[] = [];
  /** What the server told whoever logged in, as it is told to all. */
  private readonly greeting: Buffer[] = [];
  private isOpen = false;
  private readonly joining: Socket[] = [];

  constructor(private readonly server: Socket) {
    server.on('error', () => {});
    server.on(
      'data',
      messages('server', (message) => this.hear(message)),
    );
  }

  begin(socket: Socket): void {
    this.owner = socket;
    socket.on(
      'data',
      messages('client', (message) => this.take(socket, message)),
    );
  }

  join(socket: Socket): void {
    socket.once('data', () => {
      socket.on(
        'data',
        messages('server', (message) => this.take(socket, message)),
      );
      this.joining.push(socket);
      this.greet();
    });
  }

  end(): void {
    this.server.destroy();
  }

  private greet(): void {
    if (!this.isOpen) return;
    for (const socket of this.joining.splice(0)) socket.write(Buffer.concat(this.greeting));
  }

  private take(from: Socket, message: Buffer): void {
    // Somebody leaves; the session stays.
    if (this.isOpen && message.toString('latin1', 0, 1) === 'X') return void from.end();
    this.waiting.push({ from, message });
    this.send();
  }

  private send(): void {
    for (;;) {
      const next = this.waiting.findIndex(({ from }) => this.owner === undefined || from === this.owner);
      if (next < 0) return;
      const [{ from, message }] = this.waiting.splice(next, 1) as [{ from: Socket; message: Buffer }];
      this.owner = from;
      this.server.write(message);
    }
  }

  private hear(message: Buffer): void {
    const type = message.toString('latin1', 0, 1);
    this.owner?.write(message);
    const isLogin = type === 'R' && message.readInt32BE(5) === 0;
    if (!this.isOpen && (isLogin || 'SKZ'.includes(type))) this.greeting.push(message);
    // ReadyForQuery outside of a transaction.
    if (type !== 'Z' || message.toString('latin1', 5, 6) !== 'I') return;
    this.isOpen = true;
    this.owner = undefined;
    this.greet();
    this.send();
  }
}

/** Cuts a stream into messages: type, length with itself, the rest. That with which a client begins has no type. */
function messages(from: 'server' | 'client', take: (message: Buffer) => void): (data: Buffer) => void {
  let rest = Buffer.alloc(0);
  let typeBytes = from === 'client' ? 0 : 1;
  return (data) => {
    rest = Buffer.concat([rest, data]);
    while (rest.length >= typeBytes + 4) {
      const length = typeBytes + rest.readInt32BE(typeBytes);
      if (rest.length < length) return;
      take(rest.subarray(0, length));
      rest = rest.subarray(length);
      typeBytes = 1;
    }
  };
}
