import { Injectable } from '@nestjs/common';
import { type AuthorizationServer, discoveryRequest, processDiscoveryResponse } from 'oauth4webapi';
import { EgressError } from '../../common/egress/egress.errors.js';
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
      const server = await processDiscoveryResponse(url, await discoveryRequest(url, this.http.options(url)));
      const { authorization_endpoint, token_endpoint, revocation_endpoint } = server;
      if (![authorization_endpoint, token_endpoint, revocation_endpoint ?? issuer].every(isWebAddress)) {
        throw new OAuthTroubleError('its endpoints are no addresses.');
      }
      return server;
    } catch (error) {
      const why =
        error instanceof EgressError ? `does not answer: ${error.message}` : 'does not publish what it should.';
      throw new OAuthTroubleError(`the issuer ${issuer} ${why}`, undefined, { cause: error });
    }
  }
}

/** Browsers are sent there, and secrets: no script, no file, nothing that is missing. */
function isWebAddress(given: unknown): boolean {
  return typeof given === 'string' && /^https?:$/.test(URL.parse(given)?.protocol ?? '');
}
