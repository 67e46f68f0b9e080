import { type CustomProvider } from '../../common/config/custom-providers.js';
import { OAuthTroubleError } from '../protocol/upstream.errors.js';
import { type OAuthProvider } from './define-provider.js';

/** A provider of the operator's configuration: any issuer of OpenID Connect. Its ID token tells whose account it is. */
export function oidcProvider({
  key,
  title,
  issuer,
  scopes,
  clientAuthentication,
  apis,
}: CustomProvider): OAuthProvider {
  return {
    key,
    title,
    documentation: issuer,
    endpoints: { discover: issuer },
    clientAuthentication,
    scopes,
    apis: Object.fromEntries(apis.map((url, index) => [String(index), url])),
    baseScopes: ['openid', ...Object.keys(scopes)],
    // A refresh token comes only with a consent that was asked for (OpenID Connect Core 1.0, 11).
    ...('offline_access' in scopes && { authorizeParams: { prompt: 'consent' } }),
    account({ claims }) {
      if (typeof claims?.sub !== 'string') throw new OAuthTroubleError('its ID token has no subject.');
      const label = [claims.email, claims.preferred_username, claims.name].find((name) => typeof name === 'string');
      return Promise.resolve({ id: claims.sub, label: (label as string | undefined) ?? claims.sub });
    },
  };
}
