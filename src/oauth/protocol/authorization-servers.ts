import { Injectable } from '@nestjs/common';
import { type AuthorizationServer, discoveryRequest, processDiscoveryResponse } from 'oauth4webapi';
import { type OAuthProvider } from '../providers/define-provider.js';
import { OAuthHttp } from './oauth-http.js';
import { OAuthTroubleError } from './upstream.errors.js';

/** How long what an issuer publishes about itself is believed. */
const DISCOVERY_TTL_MS = 3_600_000;

/** Where providers answer: what their definition says, or what their issuer publishes (OpenID Connect Discovery 1.0). */
@Injectable()
export class AuthorizationServers {
  private readonly discovered = new Map<string, { server: Promise<AuthorizationServer>; until: number }>();

  constructor(private readonly http: OAuthHttp) {}

  /** @throws OAuthTroubleError when an issuer does not answer */
  async of({ endpoints }: OAuthProvider): Promise<AuthorizationServer> {
    if ('discover' in endpoints) return this.discover(endpoints.discover);
    const { authorizeUrl, tokenUrl, revokeUrl, issuer = new URL(authorizeUrl).origin } = endpoints;
    return {
      issuer,
      authorization_endpoint: authorizeUrl,
      token_endpoint: tokenUrl,
      ...(revokeUrl && { revocation_endpoint: revokeUrl }),
    };
  }

  private discover(issuer: string): Promise<AuthorizationServer> {
    const known = this.discovered.get(issuer);
    if (known && known.until > performance.now()) return known.server;
    const server = this.fetch(issuer);
    this.discovered.set(issuer, { server, until: performance.now() + DISCOVERY_TTL_MS });
    server.catch(() => this.discovered.delete(issuer));
    return server;
  }

  private async fetch(issuer: string): Promise<AuthorizationServer> {
    const url = new URL(issuer);
    try {
      return await processDiscoveryResponse(url, await discoveryRequest(url, this.http.options(url)));
    } catch (error) {
      throw new OAuthTroubleError(`the issuer ${issuer} does not publish what it should.`, undefined, { cause: error });
    }
  }
}
