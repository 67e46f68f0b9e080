import { type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import { type Peer, startPeer } from './peer.js';

/** What an API answers: 200 when there is no status; a text is sent as it is, everything else as JSON. */
export interface Reply {
  readonly status?: number;
  readonly headers?: Record<string, string>;
  readonly body?: unknown;
}

/** A request with a token that the authorization server gave. */
export interface ApiCall {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  /** Parsed JSON. */
  readonly body: any;
  readonly token: string;
  readonly account: string;
  readonly scopes: readonly string[];
}

/** Whom an API asks about tokens. */
export interface TokenAuthority {
  grantOf(accessToken: string): Promise<{ account: string; scopes: readonly string[] } | undefined>;
}

/** How an API behaves. */
export interface ApiBehaviour {
  answer(call: ApiCall): Reply;
  /** To who has no token that works. */
  unauthorized(): Reply;
}

/** The API of a provider: takes only tokens that the authorization server gave and that still last. */
export class ApiServer {
  /** Requests with a token that works, in order. */
  readonly calls: ApiCall[] = [];
  /** Tokens of all requests, in order; undefined where there was none. */
  readonly tokens: (string | undefined)[] = [];
  /** Answers that are given instead, in order, one for each request. */
  readonly mishaps: Reply[] = [];
  /** Tokens that it does not take, although they have not ended. */
  readonly forgotten = new Set<string>();
  /** It takes no token whatsoever. */
  refusesAll = false;
  private peer: Peer;

  private constructor(
    private readonly authority: TokenAuthority,
    private readonly behaviour: ApiBehaviour,
  ) {}

  static async start(authority: TokenAuthority, behaviour: ApiBehaviour): Promise<ApiServer> {
    const server = new ApiServer(authority, behaviour);
    server.peer = await startPeer((request, response, body) => void server.handle(request, response, body));
    return server;
  }

  get url(): string {
    return this.peer.url;
  }

  /** Requests with or without a token. */
  get requests(): Peer['requests'] {
    return this.peer.requests;
  }

  /** Nothing has happened yet. */
  reset(): void {
    for (const list of [this.calls, this.tokens, this.mishaps, this.requests]) list.length = 0;
    this.forgotten.clear();
    this.refusesAll = false;
  }

  close(): Promise<void> {
    return this.peer.close();
  }

  private async handle(request: IncomingMessage, response: ServerResponse, text: string): Promise<void> {
    const token = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1];
    this.tokens.push(token);
    const isTaken = token !== undefined && !this.refusesAll && !this.forgotten.has(token);
    const grant = isTaken ? await this.authority.grantOf(token) : undefined;
    if (!grant || token === undefined) return send(response, this.behaviour.unauthorized());
    const { pathname, searchParams: query } = new URL(request.url!, this.url);
    const { method, headers } = request;
    const body = text === '' ? undefined : parse(text);
    const call = { method: method!, path: decodeURIComponent(pathname), query, headers, body, token, ...grant };
    this.calls.push(call);
    return send(response, this.mishaps.shift() ?? this.behaviour.answer(call));
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function send(response: ServerResponse, { status = 200, headers = {}, body }: Reply): void {
  const type = typeof body === 'string' ? 'text/html' : 'application/json';
  response.writeHead(status, { 'content-type': type, ...headers });
  response.end(typeof body === 'string' ? body : JSON.stringify(body));
}
