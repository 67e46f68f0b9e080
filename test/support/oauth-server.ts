import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type AddressInfo } from 'node:net';
import { type Configuration, type KoaContextWithOIDC, Provider } from 'oidc-provider';

/** Where the browser of a test finds Seer: its redirect URL is registered before Seer has a port. */
export const PUBLIC_URL = 'https://seer.test';

const client = { id: 'seer', secret: 'the-secret-of-the-client-of-seer' };

/** What the server does with a request to its token endpoint instead of answering it in good order. */
export type Mishap =
  /** It does what it was asked, and the answer does not arrive. */
  | 'cut'
  /** 503 with Retry-After. */
  | 'overloaded';

/**
 * A real authorization server: OpenID Connect with PKCE, refresh tokens that rotate and are revoked for good when one is used
 * twice, revocation and ID tokens. Whoever comes to its interaction page is `account`, and consents.
 */
export class OAuthServer {
  /** Requests to the token endpoint by grant type. */
  readonly asked = { authorization_code: 0, refresh_token: 0 };
  /** Errors that the token endpoint answered with. */
  readonly errors: string[] = [];
  /** Every token and code that was given out, for those who look for leaks. */
  readonly secrets = new Set<string>();
  /** Requests to the revocation endpoint. */
  revocations = 0;
  /** Who signs in next. */
  account = 'ada';
  /** Whether the next one consents. */
  consents = true;
  mishap: Mishap | undefined;
  /** What happens elsewhere before the token endpoint answers. */
  meanwhile: (() => Promise<unknown>) | undefined;
  private readonly grants = new Set<string>();

  private constructor(
    readonly issuer: string,
    private readonly server: Server,
    private readonly provider: Provider,
  ) {
    provider.proxy = false;
    provider.use((ctx, next) => this.handle(ctx as KoaContextWithOIDC, next));
    const answer = provider.callback();
    server.on('request', (request, response) => void answer(request, response));
  }

  /** @param accessTokenSeconds how long access tokens live. @param scopes that it knows besides its own */
  static async start({ accessTokenSeconds = 3_600, key = 'acme', scopes = [] as string[] } = {}): Promise<OAuthServer> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    return new OAuthServer(
      issuer,
      server,
      quietly(() => new Provider(issuer, configuration(accessTokenSeconds, key, scopes))),
    );
  }

  /** Variables that make it a provider of Seer. */
  environment(key = 'acme'): Record<string, string> {
    const scopes = { email: 'See the address', offline_access: 'Stay connected', 'files.read': 'Read files' };
    return {
      SEER_PUBLIC_URL: PUBLIC_URL,
      SEER_OAUTH_PROVIDERS: JSON.stringify([{ key, title: 'Acme', issuer: this.issuer, scopes }]),
      [`SEER_OAUTH_${key.toUpperCase()}_CLIENT_ID`]: client.id,
      [`SEER_OAUTH_${key.toUpperCase()}_CLIENT_SECRET`]: client.secret,
    };
  }

  get clientId(): string {
    return client.id;
  }

  get clientSecret(): string {
    return client.secret;
  }

  /** Takes back all that was consented to, as the owner of the account would in its settings. */
  async revokeAll(): Promise<void> {
    for (const id of this.grants) {
      await this.provider.RefreshToken.revokeByGrantId(id);
      await this.provider.AccessToken.revokeByGrantId(id);
    }
  }

  /** Whose token it is; undefined when the server does not take it (any more). */
  async ownerOf(accessToken: string): Promise<string | undefined> {
    const response = await fetch(`${this.issuer}/me`, { headers: { authorization: `Bearer ${accessToken}` } });
    return response.ok ? ((await response.json()) as { sub: string }).sub : undefined;
  }

  /** Whose token it is and what it is good for, as the APIs of a provider know it. */
  async grantOf(accessToken: string): Promise<{ account: string; scopes: string[] } | undefined> {
    const token = await this.provider.AccessToken.find(accessToken);
    return token?.isValid ? { account: token.accountId, scopes: (token.scope ?? '').split(' ') } : undefined;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }

  private async handle(ctx: KoaContextWithOIDC, next: () => Promise<void>): Promise<void> {
    if (ctx.path.startsWith('/interaction/')) return this.interact(ctx);
    if (ctx.path === '/token/revocation') this.revocations += 1;
    if (ctx.path !== '/token') return next();
    if (this.mishap === 'overloaded') {
      this.asked.refresh_token += 1;
      ctx.set('retry-after', '2');
      ctx.status = 503;
      return;
    }
    const { mishap } = this;
    await next();
    await this.meanwhile?.();
    const grantType = String(ctx.oidc?.params?.grant_type);
    if (grantType === 'refresh_token' || grantType === 'authorization_code') this.asked[grantType] += 1;
    const { access_token, refresh_token, id_token, error } = ctx.body as Record<string, string | undefined>;
    const { code, code_verifier: verifier } = ctx.oidc?.params ?? {};
    for (const token of [access_token, refresh_token, id_token, code, verifier]) {
      if (typeof token === 'string') this.secrets.add(token);
    }
    if (error) this.errors.push(error);
    if (mishap !== 'cut') return;
    ctx.respond = false;
    ctx.res.destroy();
  }

  /** Signs in and consents, or does not. */
  private async interact({ req, res }: KoaContextWithOIDC): Promise<void> {
    const { provider } = this;
    const { prompt, params, grantId } = await provider.interactionDetails(req, res);
    if (!this.consents) return provider.interactionFinished(req, res, { error: 'access_denied' });
    if (prompt.name === 'login') {
      return provider.interactionFinished(req, res, { login: { accountId: this.account, remember: false } });
    }
    const known = grantId ? await provider.Grant.find(grantId) : undefined;
    const grant = known ?? new provider.Grant({ accountId: this.account, clientId: String(params.client_id) });
    grant.addOIDCScope(String(params.scope));
    const id = await grant.save();
    this.grants.add(id);
    return provider.interactionFinished(req, res, { consent: { grantId: id } }, { mergeWithLastSubmission: true });
  }
}

/** It warns that its keys and its store are for development: so are we. */
function quietly<Result>(make: () => Result): Result {
  const { warn } = console;
  console.warn = () => {};
  try {
    return make();
  } finally {
    console.warn = warn;
  }
}

function configuration(accessTokenSeconds: number, key: string, scopes: readonly string[]): Configuration {
  return {
    clients: [
      {
        client_id: client.id,
        client_secret: client.secret,
        redirect_uris: [`${PUBLIC_URL}/v1/integrations/${key}/callback`],
        grant_types: ['authorization_code', 'refresh_token'],
        response_types: ['code'],
      },
    ],
    scopes: ['openid', 'offline_access', 'email', 'files.read', ...scopes],
    claims: { openid: ['sub'], email: ['email'] },
    conformIdTokenClaims: false,
    findAccount: (_ctx, id) => ({ accountId: id, claims: () => ({ sub: id, email: `${id}@acme.example` }) }),
    pkce: { required: () => true },
    rotateRefreshToken: true,
    issueRefreshToken: () => true,
    ttl: {
      AccessToken: accessTokenSeconds,
      RefreshToken: 86_400,
      Grant: 86_400,
      IdToken: 3_600,
      Interaction: 600,
      Session: 600,
    },
    features: {
      devInteractions: { enabled: false },
      revocation: { enabled: true, allowedPolicy: (_ctx, { clientId }, token) => token.clientId === clientId },
    },
    interactions: { url: (_ctx, interaction) => `/interaction/${interaction.uid}` },
    cookies: { keys: ['a key of the tests'] },
  };
}
