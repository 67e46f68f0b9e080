import { type Opt } from '@mikro-orm/core';
import { Entity, PrimaryKey, Property } from '@mikro-orm/decorators/legacy';
import { type EncryptedColumn } from '../../common/encryption/encrypted-column.js';

/** How this installation is registered with a provider, as an administrator has stored it. */
@Entity({ tableName: 'oauth_client' })
export class OAuthClient {
  /** Key of the provider. */
  @PrimaryKey({ type: 'text' })
  provider: string;

  @Property({ type: 'text' })
  clientId: string;

  /** Encrypted. */
  @Property({ type: 'text' })
  clientSecret: string;

  @Property({ type: 'timestamptz', columnType: 'timestamptz(3)', defaultRaw: 'now()' })
  createdAt: Opt<Date>;

  @Property({ type: 'timestamptz', columnType: 'timestamptz(3)', defaultRaw: 'now()', onUpdate: () => new Date() })
  updatedAt: Opt<Date>;
}

export const clientSecrets: readonly EncryptedColumn[] = [
  { table: 'oauth_client', column: 'client_secret', row: 'provider', owner: `'seer'` },
];
