import { createHash } from 'node:crypto';
import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable, Logger } from '@nestjs/common';
import {
  AuthorizationResponseError,
  type AuthorizationServer,
  calculatePKCECodeChallenge,
  generateRandomCodeVerifier,
  generateRandomState,
  validateAuthResponse,
} from 'oauth4webapi';
import { PublicUrl } from '../../common/config/public-url.js';
import { CiphertextError } from '../../common/encryption/encryption.errors.js';
import { EncryptionService } from '../../common/encryption/encryption.service.js';
import { DomainError } from '../../common/errors.js';
import { OAuthClients } from '../clients/oauth-clients.js';
import { NewConnections } from '../connections/new-connections.js';
import { type OAuthConnection } from '../connections/oauth-connection.entity.js';
import {
  AuthorizationAnswerInvalidError,
  AuthorizationFailedError,
  AuthorizationRefusedError,
  AuthorizationStateInvalidError,
  ScopeUnusableError,
} from '../oauth.errors.js';
import { Accounts } from '../protocol/accounts.js';
import { AuthorizationServers } from '../protocol/authorization-servers.js';
import { TokenEndpoint } from '../protocol/token-endpoint.js';
import { scopeText } from '../protocol/token-grant.js';
import { errorCodeOf } from '../protocol/trouble.js';
import { OAuthRefusedError, OAuthUpstreamError } from '../protocol/upstream.errors.js';
import { type OAuthProvider } from '../providers/define-provider.js';
import { ProviderRegistry } from '../providers/provider-registry.js';
import { type ConnectOffer } from './connect-links.js';
import { beginAuthorization, takeAuthorization, type TakenAuthorization } from './authorization-statements.js';

/** A browser that has come back. */
export interface Callback {
  readonly provider: string;
  readonly parameters: URLSearchParams;
  /** Undefined: the browser has no cookie of ours. */
  readonly browserHash: string | undefined;
}

/** What came of a callback, and where its browser goes. */
export interface Outcome {
  readonly provider: OAuthProvider;
  readonly redirectTo: string | null;
  readonly connection?: OAuthConnection;
  /** Why nothing was connected. */
  readonly error?: Error;
}

/** Takes people to a provider and back: the authorization code flow (RFC 6749, 4.1) with PKCE (RFC 7636), S256. */
@Injectable()
export class AuthorizationsService {
  private readonly log = new Logger(AuthorizationsService.name);

  constructor(
    private readonly em: EntityManager,
    private readonly encryption: EncryptionService,
    private readonly publicUrl: PublicUrl,
    private readonly registry: ProviderRegistry,
    private readonly clients: OAuthClients,
    private readonly servers: AuthorizationServers,
    private readonly tokens: TokenEndpoint,
    private readonly accounts: Accounts,
    private readonly connections: NewConnections,
  ) {}

  /**
   * The address of the provider at which the account's owner consents. Whoever comes back from there must do so within ten
   * minutes, once, in the same browser.
   * @throws ProviderNotFoundError, ProviderNotConfiguredError, ScopeUnusableError, AuthorizationFailedError
   */
  async begin({ userId, provider: key, scopes, redirectTo, connectionId }: ConnectOffer, browserHash: string) {
    const provider = this.registry.get(key);
    const { clientId } = await this.clients.of(provider);
    const wanted = wantedScopes(provider, scopes);
    const server = await this.servers.of(provider).catch((error: OAuthUpstreamError) => {
      throw new AuthorizationFailedError(provider.title, error.message);
    });
    const state = generateRandomState();
    const codeVerifier = generateRandomCodeVerifier();
    const stateHash = hashOf(state);
    await this.encryption.prepare();
    const expiresAt = await beginAuthorization(this.em, {
      stateHash,
      userId,
      provider: key,
      browserHash,
      codeVerifier: this.encryption.encrypt(codeVerifier, placeOf(stateHash, userId)),
      scopes: wanted,
      redirectTo: redirectTo ?? null,
      connectionId: connectionId ?? null,
    });
    const url = new URL(server.authorization_endpoint!);
    const parameters = {
      ...provider.authorizeParams,
      response_type: 'code',
      client_id: clientId,
      redirect_uri: this.redirectUri(key),
      ...(wanted.length > 0 && { scope: wanted.join(provider.scopeSeparator ?? ' ') }),
      state,
      ...(provider.pkce !== false && {
        code_challenge: await calculatePKCECodeChallenge(codeVerifier),
        code_challenge_method: 'S256',
      }),
    };
    for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
    return { url: url.href, expiresAt };
  }

  /**
   * Finishes an authorization, whatever the provider said.
   * @throws AuthorizationStateInvalidError when nobody set out like that from this browser
   */
  async complete({ provider: key, parameters, browserHash }: Callback): Promise<Outcome> {
    const provider = this.registry.get(key);
    const state = parameters.getAll('state');
    const begun =
      state.length === 1 && browserHash
        ? await takeAuthorization(this.em, { stateHash: hashOf(state[0]!), provider: key, browserHash })
        : undefined;
    if (!begun) throw new AuthorizationStateInvalidError();
    const redirectTo = begun.redirect_to;
    try {
      return { provider, redirectTo, connection: await this.connect(provider, begun, parameters, state[0]!) };
    } catch (error) {
      return { provider, redirectTo, error: this.explain(provider, error) };
    }
  }

  private async connect(
    provider: OAuthProvider,
    begun: TakenAuthorization,
    parameters: URLSearchParams,
    state: string,
  ): Promise<OAuthConnection> {
    const credentials = await this.clients.of(provider);
    const server = await this.servers.of(provider);
    const callback = answerOf(provider, server, credentials.clientId, parameters, state);
    const grant = await this.tokens.exchange(provider, credentials, {
      callback,
      redirectUri: this.redirectUri(provider.key),
      codeVerifier: await this.verifierOf(begun),
    });
    const account = await this.accounts.of(provider, grant);
    return this.connections.save({
      userId: begun.user_id,
      provider: provider.key,
      account,
      grant,
      askedScopes: begun.scopes,
      connectionId: begun.connection_id,
    });
  }

  /** @throws AuthorizationStateInvalidError when it is not the one that was stored: no code goes out without it */
  private async verifierOf(begun: TakenAuthorization): Promise<string> {
    try {
      return await this.encryption.decrypt(begun.code_verifier, placeOf(begun.state_hash, begun.user_id));
    } catch (error) {
      if (!(error instanceof CiphertextError)) throw error;
      this.log.error({ err: error }, 'The verifier of an authorization was altered in the database');
      throw new AuthorizationStateInvalidError();
    }
  }

  /** What a person is told. What nobody foresaw is logged, and said in a general way. */
  private explain({ title }: OAuthProvider, error: unknown): Error {
    if (error instanceof AuthorizationResponseError)
      return new AuthorizationRefusedError(title, errorCodeOf(error.error));
    if (error instanceof OAuthRefusedError) return new AuthorizationRefusedError(title, error.error);
    if (error instanceof OAuthUpstreamError) return new AuthorizationFailedError(title, error.message);
    if (!(error instanceof DomainError)) this.log.warn({ err: error }, 'An account could not be connected');
    return error as Error;
  }

  private redirectUri(key: string): string {
    return this.publicUrl.of(`/v1/integrations/${key}/callback`);
  }
}

/** The provider's answer, when it is one to this authorization. @throws AuthorizationResponseError for a no */
function answerOf(
  { title }: OAuthProvider,
  server: AuthorizationServer,
  clientId: string,
  parameters: URLSearchParams,
  state: string,
): URLSearchParams {
  try {
    const answer = validateAuthResponse(server, { client_id: clientId }, parameters, state);
    const codes = answer.getAll('code');
    if (codes.length === 1 && codes[0] !== '') return answer;
  } catch (error) {
    if (error instanceof AuthorizationResponseError) throw error;
  }
  throw new AuthorizationAnswerInvalidError(title);
}

function wantedScopes(provider: OAuthProvider, asked: readonly string[]): string[] {
  for (const scope of asked) if (!scopeText.test(scope)) throw new ScopeUnusableError(scope);
  return [...new Set([...provider.baseScopes, ...asked])];
}

function hashOf(state: string): string {
  return createHash('sha256').update(state).digest('hex');
}

function placeOf(row: string, owner: string) {
  return { table: 'oauth_authorization', column: 'code_verifier', row, owner };
}
