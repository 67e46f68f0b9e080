import { type Opt } from '@mikro-orm/core';
import { ownedBy } from '../common/database/walls/ownership.js';
import { Entity, Enum, Index, PrimaryKey, Property, Unique } from '@mikro-orm/decorators/legacy';
import { newUuid } from '../common/public-id.js';

/** `admin` may also use the admin API; everything else is decided by ownership and scopes. */
export type UserRole = 'member' | 'admin';
export const userRoles: UserRole[] = ['member', 'admin'];

/**
 * `active`: may sign in. `deactivated`: every credential of theirs is refused, and nothing of theirs starts a run.
 * `deleting`: deactivated for good, while a job deletes all that is theirs.
 */
export type UserStatus = 'active' | 'deactivated' | 'deleting';
export const userStatuses: UserStatus[] = ['active', 'deactivated', 'deleting'];

/** Somebody known by (issuer, subject) of an identity provider; never matched by e-mail, which its owner can change. */
@Entity({ policies: ownedBy('id') })
@Unique({ properties: ['issuer', 'userId'] })
@Index({
  name: 'user_email',
  expression: 'create index "user_email" on "user" (lower("email") text_pattern_ops, "id")',
})
@Index({ name: 'user_admin', expression: `create index "user_admin" on "user" ("id") where role = 'admin'` })
@Index({
  name: 'user_deactivated',
  expression: 'create index "user_deactivated" on "user" ("id") where deactivated_at is not null',
})
export class User {
  @PrimaryKey({ type: 'bigint', autoincrement: true })
  id: Opt<string>;

  /** The uuid of their public id, `usr_<uuid>`: the subject is unique with its issuer only. */
  @Property({ type: 'uuid', defaultRaw: 'gen_random_uuid()' })
  @Unique()
  publicId: Opt<string> = newUuid();

  /** Subject (`sub`) of the external identity, e.g. Clerk's user id. */
  @Property({ type: 'text' })
  userId: string;

  /** Who vouches for the subject: `iss` of the token, or `seer` for the first administrator. */
  @Property({ type: 'text' })
  issuer: string;

  @Property({ type: 'text' })
  email: string;

  @Enum({ items: () => userRoles })
  role: UserRole & Opt = 'member';

  @Property({ type: 'timestamptz', columnType: 'timestamptz(3)', nullable: true })
  deactivatedAt: Opt<Date> | null = null;

  /** When it was asked to delete them; then they are deactivated too. */
  @Property({ type: 'timestamptz', columnType: 'timestamptz(3)', nullable: true })
  deletionBegunAt: Opt<Date> | null = null;

  /** When the identity provider changed what it last told of them; null: it has told nothing. */
  @Property({ type: 'timestamptz', columnType: 'timestamptz(3)', nullable: true })
  identityUpdatedAt: Date | null = null;

  /** When the identity provider said that they are gone: their credentials count no more. */
  @Property({ type: 'timestamptz', columnType: 'timestamptz(3)', nullable: true })
  identityGoneAt: Date | null = null;

  @Property({ type: 'timestamptz', columnType: 'timestamptz(3)', defaultRaw: 'now()' })
  createdAt: Opt<Date>;

  constructor(identity: { issuer: string; userId: string; email: string }) {
    this.issuer = identity.issuer;
    this.userId = identity.userId;
    this.email = identity.email;
  }

  get status(): Opt<UserStatus> {
    if (this.deletionBegunAt) return 'deleting';
    return this.deactivatedAt ? 'deactivated' : 'active';
  }
}
