import { type OAuthProvider } from './define-provider.js';

export class ProviderScopeResponse {
  /** @example https://www.googleapis.com/auth/gmail.send */
  scope: string;
  /** What it lets Seer do. @example Send mail in your name */
  title: string;
}

/** A provider that accounts can be connected of. */
export class ProviderResponse {
  /** @example google */
  key: string;
  /** @example Google */
  title: string;
  /** Whether this installation is registered with it: else no account can be connected. @example true */
  configured: boolean;
  /** The provider's page about it. @example https://developers.google.com/identity/protocols/oauth2/web-server */
  documentation_url: string;
  /** What can be asked for; others may be asked for too. */
  scopes: ProviderScopeResponse[];
  /** What is always asked for. @example ["openid","email"] */
  base_scopes: string[];

  static from(provider: OAuthProvider, configured: boolean): ProviderResponse {
    return Object.assign(new ProviderResponse(), {
      key: provider.key,
      title: provider.title,
      configured,
      documentation_url: provider.documentation,
      scopes: Object.entries(provider.scopes).map(([scope, title]) => ({ scope, title })),
      base_scopes: [...provider.baseScopes],
    });
  }
}

export class ProvidersResponse {
  items: ProviderResponse[];
}
