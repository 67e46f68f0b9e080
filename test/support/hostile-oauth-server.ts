import { randomBytes } from 'node:crypto';
import { type ServerResponse } from 'node:http';
import { PUBLIC_URL } from './oauth-server.js';
import { json, type Peer, startPeer } from './peer.js';

const client = { id: 'seer', secret: `the-secret-of-the-client-${randomBytes(24).toString('base64url')}` };

/** Answers a request whose form holds what Seer has sent. */
export type Answerer = (response: ServerResponse, form: URLSearchParams) => void;

/** An issuer that consents to everything, and whose other answers are whatever a test wants them to be. */
export class HostileServer {
  /** Every secret that has gone over the wire in either direction. */
  readonly secrets = new Set<string>([client.secret]);
  /** Put over its metadata; undefined members are left out. */
  metadata: Record<string, unknown> = {};
  /** What its token endpoint does; undefined: it gives tokens, as it should. */
  tokens: Answerer | undefined;
  /** What its revocation endpoint does. */
  revocation: Answerer = (response) => response.writeHead(200).end();
  /** Whose account it is; the ID token says so. */
  claims: Record<string, unknown> = { sub: 'mallory', email: 'mallory@evil.example' };
  private peer: Peer;

  private constructor() {}

  static async start(): Promise<HostileServer> {
    const server = new HostileServer();
    server.peer = await startPeer((request, response, body) => {
      const url = new URL(request.url!, server.issuer);
      server.answer(url, response, new URLSearchParams(body));
    });
    return server;
  }

  get issuer(): string {
    return this.peer.url;
  }

  get clientSecret(): string {
    return client.secret;
  }

  /** Variables that make it a provider of Seer. */
  environment(key = 'evil'): Record<string, string> {
    return {
      SEER_PUBLIC_URL: PUBLIC_URL,
      SEER_OAUTH_PROVIDERS: JSON.stringify([{ key, title: 'Evil', issuer: this.issuer }]),
      [`SEER_OAUTH_${key.toUpperCase()}_CLIENT_ID`]: client.id,
      [`SEER_OAUTH_${key.toUpperCase()}_CLIENT_SECRET`]: client.secret,
    };
  }

  /** A good answer of the token endpoint, with tokens that were never seen before. */
  grant(more: Record<string, unknown> = {}): Record<string, unknown> {
    const tokens = {
      access_token: this.secret('access'),
      refresh_token: this.secret('refresh'),
      id_token: this.idToken(),
    };
    return { token_type: 'Bearer', expires_in: 3_600, scope: 'openid', ...tokens, ...more };
  }

  close(): Promise<void> {
    return this.peer.close();
  }

  private answer(url: URL, response: ServerResponse, form: URLSearchParams): void {
    for (const name of ['code', 'code_verifier', 'refresh_token', 'token']) {
      const secret = form.get(name);
      if (secret) this.secrets.add(secret);
    }
    if (url.pathname === '/.well-known/openid-configuration') return json(response, this.published());
    if (url.pathname === '/authorize') return this.consent(url, response);
    if (url.pathname === '/revoke') return this.revocation(response, form);
    if (url.pathname !== '/token') return void response.writeHead(404).end();
    return this.tokens ? this.tokens(response, form) : json(response, this.grant());
  }

  private published(): Record<string, unknown> {
    return {
      issuer: this.issuer,
      authorization_endpoint: `${this.issuer}/authorize`,
      token_endpoint: `${this.issuer}/token`,
      revocation_endpoint: `${this.issuer}/revoke`,
      jwks_uri: `${this.issuer}/jwks`,
      ...this.metadata,
    };
  }

  private consent({ searchParams }: URL, response: ServerResponse): void {
    const back = new URL(searchParams.get('redirect_uri')!);
    back.searchParams.set('code', this.secret('code'));
    back.searchParams.set('state', searchParams.get('state')!);
    back.searchParams.set('iss', this.issuer);
    response.writeHead(303, { location: back.href }).end();
  }

  private idToken(): string {
    const now = Math.floor(Date.now() / 1_000);
    const claims = { iss: this.issuer, aud: client.id, iat: now, exp: now + 3_600, ...this.claims };
    const parts = [{ alg: 'RS256' }, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'));
    const token = [...parts, randomBytes(256).toString('base64url')].join('.');
    this.secrets.add(token);
    return token;
  }

  private secret(kind: string): string {
    const secret = `${kind}-${randomBytes(24).toString('base64url')}`;
    this.secrets.add(secret);
    return secret;
  }
}
