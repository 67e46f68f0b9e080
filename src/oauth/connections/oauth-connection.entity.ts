import { TextArrayType } from '../../common/database/sql-array.js';
import { type Opt, type Ref, ref } from '@mikro-orm/core';
import { ownedBy } from '../../common/database/walls/ownership.js';
import { Entity, Enum, Index, ManyToOne, PrimaryKey, Property, Unique } from '@mikro-orm/decorators/legacy';
import { type EncryptedColumn } from '../../common/encryption/encrypted-column.js';
import { newUuid } from '../../common/public-id.js';
import { User } from '../../users/index.js';

/**
 * `healthy`: its token works or can be refreshed. `reauth_required`: the provider wants its owner to consent again.
 * `revoked`: the provider says that the owner took the consent back.
 */
export type OAuthConnectionStatus = 'healthy' | 'reauth_required' | 'revoked';
const oauthConnectionStatuses: OAuthConnectionStatus[] = ['healthy', 'reauth_required', 'revoked'];

/** An account at a provider that its owner lets Seer use. */
@Entity({ tableName: 'oauth_connection', policies: ownedBy() })
@Unique({ name: 'oauth_connection_account', properties: ['user', 'provider', 'providerAccountId'] })
@Index({ name: 'oauth_connection_list', properties: ['user', 'connectionId'] })
@Index({
  name: 'oauth_connection_due',
  properties: ['expiresAt'],
  where: `status = 'healthy' and refresh_token is not null`,
})
@Index({
  name: 'oauth_connection_trouble',
  properties: ['connectionId'],
  where: `status <> 'healthy' or refresh_failures > 0`,
})
export class OAuthConnection {
  @PrimaryKey({ type: 'bigint', autoincrement: true })
  id: Opt<string>;

  /** The uuid of its public id, `conn_<uuid>`. */
  @Property({ type: 'uuid' })
  @Unique()
  connectionId: Opt<string> = newUuid();

  @ManyToOne(() => User, { ref: true, deleteRule: 'cascade' })
  user: Ref<User>;

  @Property({ type: 'text' })
  provider: string;

  /** The provider's own id of the account. */
  @Property({ type: 'text' })
  providerAccountId: string;

  /** For people: an e-mail address, a user name. */
  @Property({ type: 'text' })
  accountLabel: string;

  /** Encrypted. */
  @Property({ type: 'text', lazy: true })
  accessToken: string;

  /** Encrypted; null when the provider gave none. */
  @Property({ type: 'text', nullable: true, lazy: true })
  refreshToken: Opt<string> | null = null;

  /** Granted ones, which may be fewer than were asked for. */
  @Property({ type: TextArrayType })
  scopes: string[];

  @Enum({ items: () => oauthConnectionStatuses })
  status: Opt<OAuthConnectionStatus> = 'healthy';

  /** When the access token ends; null: the provider did not say. */
  @Property({ type: 'timestamptz', columnType: 'timestamptz(3)', nullable: true })
  expiresAt: Opt<Date> | null = null;

  @Property({ type: 'timestamptz', columnType: 'timestamptz(3)', nullable: true })
  lastRefreshedAt: Opt<Date> | null = null;

  /** Why the last refresh did not succeed, for people; null after one that did. */
  @Property({ type: 'text', nullable: true })
  lastError: Opt<string> | null = null;

  /** Refreshes in a row that failed for reasons that may pass. */
  @Property({ type: 'smallint', default: 0 })
  refreshFailures: Opt<number> = 0;

  /** Before this no refresh is tried again. */
  @Property({ type: 'timestamptz', columnType: 'timestamptz(3)', nullable: true })
  retryAt: Opt<Date> | null = null;

  @Property({ type: 'timestamptz', columnType: 'timestamptz(3)', defaultRaw: 'now()' })
  createdAt: Opt<Date>;

  @Property({ type: 'timestamptz', columnType: 'timestamptz(3)', defaultRaw: 'now()', onUpdate: () => new Date() })
  updatedAt: Opt<Date>;

  constructor(made: {
    user: User;
    provider: string;
    providerAccountId: string;
    accountLabel: string;
    scopes: string[];
  }) {
    this.user = ref(made.user);
    this.provider = made.provider;
    this.providerAccountId = made.providerAccountId;
    this.accountLabel = made.accountLabel;
    this.scopes = made.scopes;
  }
}

const place = { table: 'oauth_connection', row: `'conn_' || connection_id`, owner: 'user_id::text' };

export const connectionSecrets: readonly EncryptedColumn[] = [
  { ...place, column: 'access_token' },
  { ...place, column: 'refresh_token' },
];
