import { TextArrayType } from '../../common/database/sql-array.js';
import { type Opt, type Ref, ref } from '@mikro-orm/core';
import { ownedBy } from '../../common/database/walls/ownership.js';
import { Entity, Index, ManyToOne, PrimaryKey, Property, Unique } from '@mikro-orm/decorators/legacy';
import { newUuid } from '../../common/public-id.js';
import { type ScopeName } from '../auth/scopes.js';
import { User } from '../user.entity.js';
import { displayPrefix, hashApiKey } from './api-key-secret.js';

/** A credential for programs. Its secret is shown once, when it is made; only a hash of it is kept. */
@Entity({ policies: ownedBy() })
@Index({ properties: ['user', 'keyId'] })
export class ApiKey {
  @PrimaryKey({ type: 'bigint', autoincrement: true })
  id: Opt<string>;

  /** The uuid of its public id, `key_<uuid>`. */
  @Property({ type: 'uuid' })
  @Unique()
  keyId: Opt<string> = newUuid();

  @ManyToOne(() => User, { ref: true, deleteRule: 'cascade' })
  user: Ref<User>;

  @Property({ type: 'text' })
  name: string;

  /** The first characters of the secret, for display. */
  @Property({ type: 'text' })
  prefix: string;

  @Property({ type: 'text' })
  @Unique()
  keyHash: string;

  @Property({ type: TextArrayType })
  scopes: ScopeName[];

  @Property({ type: 'timestamptz', columnType: 'timestamptz(3)', nullable: true })
  expiresAt: Opt<Date> | null;

  /** Exact to a minute. */
  @Property({ type: 'timestamptz', columnType: 'timestamptz(3)', nullable: true })
  lastUsedAt: Opt<Date> | null = null;

  @Property({ type: 'timestamptz', columnType: 'timestamptz(3)', nullable: true })
  revokedAt: Opt<Date> | null = null;

  @Property({ type: 'timestamptz', columnType: 'timestamptz(3)', defaultRaw: 'now()' })
  createdAt: Opt<Date>;

  constructor(made: { user: User; name: string; secret: string; scopes: ScopeName[]; expiresAt: Date | null }) {
    this.user = ref(made.user);
    this.name = made.name;
    this.prefix = displayPrefix(made.secret);
    this.keyHash = hashApiKey(made.secret);
    this.scopes = made.scopes;
    this.expiresAt = made.expiresAt;
  }
}
