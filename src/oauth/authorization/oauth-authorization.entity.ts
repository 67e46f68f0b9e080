import { TextArrayType } from '../../common/database/sql-array.js';
import { type Opt, type Ref } from '@mikro-orm/core';
import { ownedBy } from '../../common/database/walls/ownership.js';
import { Entity, Index, ManyToOne, PrimaryKey, Property } from '@mikro-orm/decorators/legacy';
import { type EncryptedColumn } from '../../common/encryption/encrypted-column.js';
import { User } from '../../users/index.js';

/** An authorization that has begun: somebody is at the provider and will come back with the `state`. Used up by that. */
@Entity({ tableName: 'oauth_authorization', policies: ownedBy() })
export class OAuthAuthorization {
  /** SHA-256 of the `state`, in hexadecimal. */
  @PrimaryKey({ type: 'text' })
  stateHash: string;

  @ManyToOne(() => User, { ref: true, deleteRule: 'cascade', index: true })
  user: Ref<User>;

  @Property({ type: 'text' })
  provider: string;

  /** SHA-256 of the cookie of the browser that began, in hexadecimal: only that one may come back. */
  @Property({ type: 'text' })
  browserHash: string;

  /** Of PKCE (RFC 7636), encrypted. */
  @Property({ type: 'text' })
  codeVerifier: string;

  /** Asked for. */
  @Property({ type: TextArrayType })
  scopes: string[];

  /** Where the browser goes at the end; null: to a page of Seer. */
  @Property({ type: 'text', nullable: true })
  redirectTo: Opt<string> | null = null;

  /** The connection that is to be renewed, if it is about one. */
  @Property({ type: 'uuid', nullable: true })
  connectionId: Opt<string> | null = null;

  @Property({ type: 'timestamptz', columnType: 'timestamptz(3)' })
  @Index()
  expiresAt: Date;

  @Property({ type: 'timestamptz', columnType: 'timestamptz(3)', defaultRaw: 'now()' })
  createdAt: Opt<Date>;
}

export const authorizationSecrets: readonly EncryptedColumn[] = [
  { table: 'oauth_authorization', column: 'code_verifier', row: 'state_hash', owner: 'user_id::text' },
];
