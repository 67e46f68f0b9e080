import { connect, type Socket } from 'node:net';

/** A request again and again, by so many clients at a time. */
export interface Load {
  readonly url: string;
  /** The same each time, or made for each request. Likewise the body; without one it is a GET. */
  readonly path: string | (() => string);
  readonly headers?: Record<string, string>;
  readonly body?: object | (() => object);
  /** The only status that counts as an answer; another one ends the measurement. */
  readonly status: number;
  readonly concurrency: number;
  /** Ends after this many seconds, or … */
  readonly seconds?: number;
  /** … after this many requests. */
  readonly count?: number;
}

export interface Measured {
  /** Answers. */
  readonly count: number;
  readonly seconds: number;
  /** Of each answer, ascending. */
  readonly milliseconds: ArrayLike<number>;
}

/**
 * Asks over raw keep-alive connections. It shares the machine with what it measures, so it must cost little: it
 * writes prepared text and looks only for the end of the answer, a third of what `node:http` takes.
 * @throws Error at the first answer with another status
 */
export async function load(wanted: Load): Promise<Measured> {
  const { hostname, port, host } = new URL(wanted.url);
  const isFixed = typeof wanted.body !== 'function' && typeof wanted.path !== 'function';
  const fixed = isFixed ? requestText(wanted, host) : undefined;
  const next = (): string => fixed ?? requestText(wanted, host);
  const until = performance.now() + (wanted.seconds ?? Infinity) * 1_000;
  const milliseconds: number[] = [];
  let left = wanted.count ?? Infinity;
  const client = async (): Promise<void> => {
    const connection = new Connection(connect({ host: hostname, port: Number(port), noDelay: true }), wanted.status);
    try {
      for (let sent = performance.now(); sent < until && left-- > 0; sent = performance.now()) {
        await connection.exchange(next());
        milliseconds.push(performance.now() - sent);
      }
    } finally {
      connection.close();
    }
  };
  const start = performance.now();
  await Promise.all(Array.from({ length: wanted.concurrency }, client));
  const seconds = (performance.now() - start) / 1_000;
  return { count: milliseconds.length, seconds, milliseconds: Float64Array.from(milliseconds).sort() };
}

function requestText({ path: given, headers = {}, body: made }: Load, host: string): string {
  const path = typeof given === 'function' ? given() : given;
  const body = typeof made === 'function' ? made() : made;
  const text = body === undefined ? '' : JSON.stringify(body);
  const all = {
    host,
    ...(body && { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(text)) }),
    ...headers,
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${body ? 'POST' : 'GET'} ${path} HTTP/1.1\r\n${lines.join('')}\r\n${text}`;
}

/** One connection with one request at a time. */
class Connection {
  private received = '';
  private done: () => void = () => {};
  private fail: (error: Error) => void = () => {};

  constructor(
    private readonly socket: Socket,
    private readonly status: number,
  ) {
    // One byte is one character, so that Content-Length counts characters.
    socket.setEncoding('latin1');
    socket.on('data', (text: string) => this.take(text));
    socket.on('error', (error) => this.fail(error));
    socket.on('close', () => this.fail(new Error('The server closed the connection.')));
  }

  exchange(request: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.done = resolve;
      this.fail = reject;
      this.socket.write(request);
    });
  }

  close(): void {
    this.socket.destroy();
  }

  private take(text: string): void {
    this.received += text;
    const head = this.received.indexOf('\r\n\r\n');
    if (head < 0) return;
    const length = /\r\ncontent-length: (\d+)/i.exec(this.received)?.[1];
    if (length === undefined) return this.fail(new Error(`An answer has no Content-Length:\n${this.received}`));
    if (this.received.length < head + 4 + Number(length)) return;
    const answer = this.received;
    this.received = '';
    if (Number(answer.slice(9, 12)) === this.status) this.done();
    else this.fail(new Error(`An answer has not the status ${this.status}:\n${answer}`));
  }
}
