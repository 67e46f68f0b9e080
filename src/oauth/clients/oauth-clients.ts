import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';
import { Environment } from '../../common/config/environment.js';
import { outsideOfRequests } from '../../common/http/current-request.js';
import { EncryptionService } from '../../common/encryption/encryption.service.js';
import { type OAuthProvider } from '../providers/define-provider.js';
import { ProviderNotConfiguredError } from '../oauth.errors.js';
import { OAuthClient } from './oauth-client.entity.js';

/** How this installation proves itself to a provider. */
export interface ClientCredentials {
  readonly clientId: string;
  readonly clientSecret: string;
}

/** Where credentials of a client come from. */
export type ClientSource = 'environment' | 'database';

const placeOf = (provider: string) => ({
  table: 'oauth_client',
  column: 'client_secret',
  row: provider,
  owner: 'seer',
});

/** How this installation is registered with providers: environment variables first, then what an administrator stored. */
@Injectable()
export class OAuthClients {
  constructor(
    private readonly em: EntityManager,
    private readonly environment: Environment,
    private readonly encryption: EncryptionService,
  ) {}

  /** @throws ProviderNotConfiguredError */
  async of({ key }: OAuthProvider): Promise<ClientCredentials> {
    const given = this.environment.oauthClients.get(key);
    if (given) return given;
    const stored = await outsideOfRequests(() => this.em.fork().findOne(OAuthClient, { provider: key }));
    if (!stored) throw new ProviderNotConfiguredError(key);
    const clientSecret = await this.encryption.decrypt(stored.clientSecret, placeOf(key));
    return { clientId: stored.clientId, clientSecret };
  }

  /** Where the credentials of each provider that has some come from, and its client id. */
  async configured(): Promise<Map<string, { source: ClientSource; clientId: string; updatedAt: Date | null }>> {
    const fields = ['provider', 'clientId', 'updatedAt'] as const;
    const stored = await outsideOfRequests(() => this.em.fork().find(OAuthClient, {}, { fields }));
    const found = new Map<string, { source: ClientSource; clientId: string; updatedAt: Date | null }>();
    for (const { provider, clientId, updatedAt } of stored) {
      found.set(provider, { source: 'database', clientId, updatedAt });
    }
    for (const [provider, { clientId }] of this.environment.oauthClients) {
      found.set(provider, { source: 'environment', clientId, updatedAt: null });
    }
    return found;
  }

  /** Stores credentials in place of those that were stored before. */
  async store({ key }: OAuthProvider, { clientId, clientSecret }: ClientCredentials): Promise<void> {
    await this.encryption.prepare();
    await this.em.fork().upsert(OAuthClient, {
      provider: key,
      clientId,
      clientSecret: this.encryption.encrypt(clientSecret, placeOf(key)),
      updatedAt: new Date(),
    });
  }

  /** @returns whether some were stored */
  async forget({ key }: OAuthProvider): Promise<boolean> {
    return (await this.em.fork().nativeDelete(OAuthClient, { provider: key })) > 0;
  }
}
