import { type JsonObject } from '../../common/json.js';

/** Where a provider answers. */
export interface Endpoints {
  readonly authorizeUrl: string;
  readonly tokenUrl: string;
  /** RFC 7009; absent where tokens can't be revoked by a standard request. */
  readonly revokeUrl?: string;
  /** What `iss` of its answers says (RFC 9207), and who issues its ID tokens. Default: the origin of `authorizeUrl`. */
  readonly issuer?: string;
}

/** Whose account a token opens. */
export interface ProviderAccount {
  /** The provider's own id of it; never changes, and is never shown to another provider. */
  readonly id: string;
  /** For people: an e-mail address, a user name, a workspace. */
  readonly label: string;
}

/** What there is to find out whose account a token opens. */
export interface AccountContext {
  readonly accessToken: string;
  /** The answer of the token endpoint; some providers say it there. */
  readonly answer: JsonObject;
  /** Of the ID token, checked; only of issuers that are discovered. */
  readonly claims?: JsonObject | undefined;
  /**
   * A request with the token in its Authorization header; JSON is expected back.
   * @throws OAuthUpstreamError when there is none
   */
  call(
    url: string,
    options?: { method?: string; headers?: Record<string, string>; body?: JsonObject },
  ): Promise<JsonObject>;
}

/** An authorization server that people have accounts with. */
export interface OAuthProvider {
  /** In URLs and in `connection.provider`: lower case letters, digits, `_`. */
  readonly key: string;
  readonly title: string;
  /** The provider's page about all this: where URLs and scopes were looked up. */
  readonly documentation: string;
  /** Known ones, or the OIDC issuer that publishes them. */
  readonly endpoints: Endpoints | { readonly discover: string };
  /** How the client proves itself at the token endpoint: HTTP Basic, or in the body. */
  readonly clientAuthentication: 'basic' | 'post';
  /** Scopes that Seer's tools use, each with what it lets Seer do. Others may be asked for too. */
  readonly scopes: Readonly<Record<string, string>>;
  /** Scopes that include others: what a connection needs is there when one of these is. */
  readonly scopeIncludes?: Readonly<Record<string, readonly string[]>>;
  /** Base URLs of the APIs that tools call, by a name of their own. Tokens are sent to these origins only. */
  readonly apis?: Readonly<Record<string, string>>;
  /** Asked for in any case, such as those that tell whose account it is. */
  readonly baseScopes: readonly string[];
  /** Between scopes in requests, and in answers as `tokenAnswer` leaves them. Default: a space (RFC 6749). */
  readonly scopeSeparator?: ' ' | ',';
  /** Only where the provider refuses a client secret beside PKCE. Default: S256 with every request. */
  readonly pkce?: false;
  /** Added to the authorization request: what it takes to get a refresh token, for example. */
  readonly authorizeParams?: Readonly<Record<string, string>>;
  /** How long an access token lives when the answer does not say, in seconds. Default: until it is refused. */
  readonly accessTokenSeconds?: number;
  /** Makes a standard answer (RFC 6749, 5.1 or 5.2) of what the token endpoint says, whatever the status of its response. */
  tokenAnswer?(answer: JsonObject): JsonObject;
  account(context: AccountContext): Promise<ProviderAccount>;
}

/** Defines a provider: one file beside this one, and one line in the catalogue. */
export function defineOAuthProvider(provider: OAuthProvider): OAuthProvider {
  return provider;
}
