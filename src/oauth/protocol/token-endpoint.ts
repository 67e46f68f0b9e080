import { Injectable } from '@nestjs/common';
import {
  type AuthorizationServer,
  authorizationCodeGrantRequest,
  type Client,
  type ClientAuth,
  ClientSecretBasic,
  ClientSecretPost,
  getValidatedIdTokenClaims,
  nopkce,
  processAuthorizationCodeResponse,
  processRefreshTokenResponse,
  processRevocationResponse,
  refreshTokenGrantRequest,
  revocationRequest,
  type TokenEndpointResponse,
} from 'oauth4webapi';
import { isJsonObject, type JsonObject } from '../../common/json.js';
import { type ClientCredentials } from '../clients/oauth-clients.js';
import { type OAuthProvider } from '../providers/define-provider.js';
import { AuthorizationServers } from './authorization-servers.js';
import { OAuthHttp } from './oauth-http.js';
import { type TokenGrant, tokenGrantOf } from './token-grant.js';
import { troubleOf } from './trouble.js';

/** Asks token endpoints for tokens (RFC 6749 with PKCE, RFC 7636) and gives them back (RFC 7009). */
@Injectable()
export class TokenEndpoint {
  constructor(
    private readonly servers: AuthorizationServers,
    private readonly http: OAuthHttp,
  ) {}

  /**
   * Tokens for the code that came back.
   * @param callback the parameters of the callback, as `validateAuthResponse` has approved of them
   * @throws OAuthRefusedError, OAuthTroubleError
   */
  async exchange(
    provider: OAuthProvider,
    credentials: ClientCredentials,
    { callback, redirectUri, codeVerifier }: { callback: URLSearchParams; redirectUri: string; codeVerifier: string },
  ): Promise<TokenGrant> {
    return this.ask(provider, credentials, async (server, client, auth, options) => {
      const response = await authorizationCodeGrantRequest(
        server,
        client,
        auth,
        callback,
        redirectUri,
        provider.pkce === false ? nopkce : codeVerifier,
        options,
      );
      return processAuthorizationCodeResponse(server, client, await this.standardAnswer(provider, response), {
        requireIdToken: 'discover' in provider.endpoints,
      });
    });
  }

  /** @throws OAuthRefusedError, such as `invalid_grant` when the refresh token was used up, and OAuthTroubleError */
  async refresh(provider: OAuthProvider, credentials: ClientCredentials, refreshToken: string): Promise<TokenGrant> {
    return this.ask(provider, credentials, async (server, client, auth, options) => {
      const response = await refreshTokenGrantRequest(server, client, auth, refreshToken, options);
      return processRefreshTokenResponse(server, client, await this.standardAnswer(provider, response));
    });
  }

  /**
   * Gives a token back.
   * @returns false where the provider takes none back
   * @throws OAuthRefusedError, OAuthTroubleError
   */
  async revoke(provider: OAuthProvider, credentials: ClientCredentials, token: string): Promise<boolean> {
    const server = await this.servers.of(provider);
    if (!server.revocation_endpoint) return false;
    const options = this.http.options(server.revocation_endpoint);
    const client = { client_id: credentials.clientId };
    try {
      await processRevocationResponse(
        await revocationRequest(server, client, authenticationOf(provider, credentials), token, options),
      );
      return true;
    } catch (error) {
      throw troubleOf(error);
    }
  }

  private async ask(
    provider: OAuthProvider,
    credentials: ClientCredentials,
    request: (
      server: AuthorizationServer,
      client: Client,
      auth: ClientAuth,
      options: ReturnType<OAuthHttp['options']>,
    ) => Promise<TokenEndpointResponse>,
  ): Promise<TokenGrant> {
    const server = await this.servers.of(provider);
    const client = { client_id: credentials.clientId };
    const options = {
      ...this.http.options(server.token_endpoint!),
      // Some answer with a form unless asked for JSON.
      headers: { accept: 'application/json' },
    };
    try {
      const askedAt = Date.now();
      const answer = await request(server, client, authenticationOf(provider, credentials), options);
      const claims = getValidatedIdTokenClaims(answer);
      return tokenGrantOf(provider, answer as JsonObject, askedAt, claims as JsonObject | undefined);
    } catch (error) {
      throw troubleOf(error);
    }
  }

  /** The answer as RFC 6749 wants it, for providers that have a way of their own. */
  private async standardAnswer(provider: OAuthProvider, response: Response): Promise<Response> {
    if ('discover' in provider.endpoints && !provider.tokenAnswer) return response;
    const text = await response.clone().text();
    const given = parse(text);
    if (!given) return response;
    const { id_token: _unchecked, ...answer } = provider.tokenAnswer?.(given) ?? given;
    // An ID token is believed only of issuers whose keys we know how to find; others are asked whose account it is.
    const status = typeof answer.error === 'string' && response.ok ? 400 : response.status;
    const headers = new Headers(response.headers);
    headers.delete('content-type');
    return Response.json(answer, { status, headers });
  }
}

function authenticationOf({ clientAuthentication }: OAuthProvider, { clientSecret }: ClientCredentials): ClientAuth {
  return clientAuthentication === 'basic' ? ClientSecretBasic(clientSecret) : ClientSecretPost(clientSecret);
}

function parse(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
