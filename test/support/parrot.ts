import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo } from 'node:net';

/** What a parrot has heard, to be repeated. */
export interface Heard {
  readonly path: string;
  /** The token, key or password, as far as it is one. */
  readonly secret: string;
  /** All that was said: the credentials, decoded too; the address, headers and body; and all of it in encodings. */
  readonly all: string;
  /** That, as far as a header can be made of it. */
  readonly inHeader: string;
}

/** What a parrot answers; a text is sent as it is, everything else as JSON. */
export interface Squawk {
  readonly status?: number;
  readonly reason?: string;
  readonly headers?: Record<string, string>;
  readonly body?: unknown;
  /** In place of HTTP. */
  readonly raw?: string;
  /** Ends before its body does. */
  readonly breaksOff?: true;
}

export type Manner = (heard: Heard) => Squawk;

/** A server that repeats whatever secrets it is sent, in a manner that depends on whom it listens to. */
export class Parrot {
  url: string;
  /** By a secret, or by the beginning of a path. */
  private readonly manners = new Map<string, Manner>();
  /** Makes another token for who shows this one to the token endpoint. */
  renew: (refreshToken: string) => object = () => ({ error: 'invalid_grant' });
  readonly requests: string[] = [];
  private readonly server = createServer((request, response) => void this.answer(request, response));

  static async start(): Promise<Parrot> {
    const parrot = new Parrot();
    await new Promise<void>((resolve) => parrot.server.listen(0, '127.0.0.1', resolve));
    parrot.url = `http://127.0.0.1:${(parrot.server.address() as AddressInfo).port}`;
    return parrot;
  }

  on(secretOrPath: string, manner: Manner): void {
    this.manners.set(secretOrPath, manner);
  }

  mannerOf(secretOrPath: string): Manner | undefined {
    return this.manners.get(secretOrPath);
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.server.closeAllConnections();
      this.server.close(() => resolve());
    });
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString();
    this.requests.push(request.url!);
    if (request.url === '/token') {
      const { refresh_token: refreshToken } = Object.fromEntries(new URLSearchParams(body));
      return send(response, { body: this.renew(refreshToken!) });
    }
    const heard = hear(request, body);
    const [, first, second] = heard.path.split('/');
    const manner = this.manners.get(heard.secret) ?? this.manners.get(`/${first}/${second}`);
    return send(response, manner?.(heard) ?? { status: 410, body: { message: `whose is ${heard.all}?` } });
  }
}

function hear(request: IncomingMessage, body: string): Heard {
  const { authorization = '', ...headers } = request.headers;
  const [, token = ''] = /^\S+ (.+)$/.exec(authorization) ?? [];
  const basic = authorization.startsWith('Basic ') ? Buffer.from(token, 'base64').toString() : '';
  const key = headers['x-api-key'];
  const secret = basic !== '' ? basic.slice(basic.indexOf(':') + 1) : token !== '' ? token : String(key ?? '');
  const url = new URL(request.url!, 'http://localhost');
  const query = [...url.searchParams].flat();
  const path = url.pathname;
  const said = [authorization, basic, secret, JSON.stringify(headers), ...Object.values(headers).flat(), request.url!];
  const plain = [...said, ...query, decode(path), body, bodyTexts(body)].join(' ');
  return { path, secret, all: `${plain} ${encodings(plain)}`, inHeader: headerOf(plain) };
}

function encodings(text: string): string {
  const base64 = ['', 'a', 'ab'].map((before) => Buffer.from(before + text).toString('base64'));
  return [...base64, encodeURIComponent(text), Buffer.from(text).toString('hex'), JSON.stringify(text)].join(' ');
}

/** The texts of a JSON body without their escapes. */
function bodyTexts(body: string): string {
  const texts: string[] = [];
  try {
    JSON.parse(body, (name: string, value: unknown) => void texts.push(name, String(value)));
  } catch {
    return '';
  }
  return texts.join(' ');
}

function decode(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

function headerOf(text: string): string {
  return text.replaceAll(/[^\x20-\x7e\xa1-\xff]/g, '?');
}

function send(response: ServerResponse, { status = 200, reason, headers = {}, body, raw, breaksOff }: Squawk): void {
  if (raw !== undefined) return void response.socket!.end(raw);
  const isText = typeof body === 'string';
  const text = isText ? body : JSON.stringify(body ?? null);
  const type = { 'content-type': isText ? 'text/html' : 'application/json' };
  const length = breaksOff && { 'content-length': String(Buffer.byteLength(text) + 100) };
  response.writeHead(status, reason ?? '', { ...type, ...length, ...headers });
  response.write(text);
  if (breaksOff) setImmediate(() => response.destroy());
  else response.end();
}
