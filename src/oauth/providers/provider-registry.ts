import { Inject, Injectable } from '@nestjs/common';
import { Environment } from '../../common/config/environment.js';
import { ProviderNotFoundError } from '../oauth.errors.js';
import { type OAuthProvider } from './define-provider.js';
import { oidcProvider } from './oidc-provider.js';

/** DI token of the product's own providers. */
export const OAUTH_PROVIDERS = Symbol('oauth providers');

/** All providers of this installation: those of the catalogue and those of its configuration. */
@Injectable()
export class ProviderRegistry {
  private readonly byKey: ReadonlyMap<string, OAuthProvider>;

  constructor(@Inject(OAUTH_PROVIDERS) catalogue: readonly OAuthProvider[], environment: Environment) {
    // What the operator names wins: a provider of their own may stand in for one of the catalogue.
    const all = [...catalogue, ...environment.oauthProviders.map(oidcProvider)];
    this.byKey = new Map(all.map((provider) => [provider.key, provider]));
  }

  get all(): OAuthProvider[] {
    return [...this.byKey.values()];
  }

  /** @throws ProviderNotFoundError */
  get(key: string): OAuthProvider {
    const provider = this.byKey.get(key);
    if (!provider) throw new ProviderNotFoundError(key, [...this.byKey.keys()]);
    return provider;
  }

  /** Which of these scopes a connection lacks, the provider's wider ones considered. */
  missingScopes(key: string, granted: readonly string[], needed: readonly string[]): string[] {
    const includes = this.byKey.get(key)?.scopeIncludes ?? {};
    const all = new Set(granted.flatMap((scope) => [scope, ...(includes[scope] ?? [])]));
    return needed.filter((scope) => !all.has(scope));
  }
}
