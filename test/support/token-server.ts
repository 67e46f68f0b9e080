import { createHash, randomBytes } from 'node:crypto';
import { type IncomingMessage, type ServerResponse } from 'node:http';
import { type TokenAuthority } from './api-server.js';
import { json, type Peer, startPeer } from './peer.js';

/** What somebody has allowed. */
export interface Granted {
  readonly account: string;
  readonly scopes: string[];
  readonly accessToken: string;
  readonly refreshToken: string;
}

const client = { id: 'seer', secret: 'the-secret-of-the-client-of-seer' };

/**
 * The authorization server of a provider that has ways of its own: PKCE where it is used, codes that are good once, tokens
 * that end and are renewed by refresh tokens that are good once. Whoever comes is `account`, and consents.
 */
export class TokenServer implements TokenAuthority {
  /** Requests to the token endpoint by grant type. */
  readonly asked = { authorization_code: 0, refresh_token: 0 };
  readonly clientId = client.id;
  readonly clientSecret = client.secret;
  account = 'ada';
  private readonly codes = new Map<string, { granted: Granted; challenge: string | null }>();
  private readonly tokens = new Map<string, Granted>();
  private readonly refreshTokens = new Map<string, Granted>();
  private peer: Peer;

  /** @param answer what the token endpoint says, in the words of the provider. @param error the same for a refusal */
  private constructor(
    private readonly answer: (granted: Granted) => object,
    private readonly error: { status: number; body: object },
  ) {}

  static async start(
    answer: (granted: Granted) => object,
    error: { status: number; body: object } = { status: 400, body: { error: 'invalid_grant' } },
  ): Promise<TokenServer> {
    const server = new TokenServer(answer, error);
    server.peer = await startPeer((request, response, body) => server.handle(request, response, body));
    return server;
  }

  get url(): string {
    return this.peer.url;
  }

  /** Where the provider's definition finds it. */
  get endpoints() {
    return { authorizeUrl: `${this.url}/authorize`, tokenUrl: `${this.url}/token` };
  }

  async grantOf(accessToken: string): Promise<Granted | undefined> {
    return this.tokens.get(accessToken);
  }

  close(): Promise<void> {
    return this.peer.close();
  }

  private handle(request: IncomingMessage, response: ServerResponse, body: string): void {
    const { pathname, searchParams } = new URL(request.url!, this.url);
    if (pathname === '/authorize') return this.authorize(searchParams, response);
    if (pathname !== '/token') return void response.writeHead(404).end();
    const form = new URLSearchParams(body);
    const granted = isClient(request, form) ? this.redeem(form) : undefined;
    return granted ? json(response, this.answer(granted)) : json(response, this.error.body, this.error.status);
  }

  private authorize(query: URLSearchParams, response: ServerResponse): void {
    const scopes = (query.get('scope') ?? '').split(/[\s,]+/).filter((scope) => scope !== '');
    const code = randomBytes(16).toString('hex');
    const granted = this.grant({ account: this.account, scopes });
    this.codes.set(code, { granted, challenge: query.get('code_challenge') });
    const back = new URL(query.get('redirect_uri')!);
    back.searchParams.set('code', code);
    back.searchParams.set('state', query.get('state')!);
    response.writeHead(302, { location: back.href }).end();
  }

  private redeem(form: URLSearchParams): Granted | undefined {
    const type = form.get('grant_type');
    if (type === 'refresh_token') {
      this.asked.refresh_token += 1;
      const old = this.refreshTokens.get(form.get('refresh_token') ?? '');
      if (!old) return undefined;
      this.refreshTokens.delete(old.refreshToken);
      this.tokens.delete(old.accessToken);
      return this.grant(old);
    }
    this.asked.authorization_code += 1;
    const code = form.get('code') ?? '';
    const known = this.codes.get(code);
    this.codes.delete(code);
    const proof = createHash('sha256')
      .update(form.get('code_verifier') ?? '')
      .digest('base64url');
    return known && (known.challenge === null || known.challenge === proof) ? known.granted : undefined;
  }

  private grant({ account, scopes }: Pick<Granted, 'account' | 'scopes'>): Granted {
    const [accessToken, refreshToken] = [
      `at-${randomBytes(20).toString('hex')}`,
      `rt-${randomBytes(20).toString('hex')}`,
    ];
    const granted = { account, scopes, accessToken: accessToken!, refreshToken: refreshToken! };
    this.tokens.set(granted.accessToken, granted);
    this.refreshTokens.set(granted.refreshToken, granted);
    return granted;
  }
}

/** By HTTP Basic, encoded as RFC 6749, 2.3.1 wants it, or in the form. */
function isClient({ headers }: IncomingMessage, form: URLSearchParams): boolean {
  const basic = Buffer.from((headers.authorization ?? '').replace(/^Basic /, ''), 'base64').toString();
  const [id, secret] =
    basic === '' ? [form.get('client_id'), form.get('client_secret')] : basic.split(':').map(decodeURIComponent);
  return id === client.id && secret === client.secret;
}
