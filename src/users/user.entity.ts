import { type Opt } from '@mikro-orm/core';
import { Entity, Enum, PrimaryKey, Property, Unique } from '@mikro-orm/decorators/legacy';

/** `admin` may also use the admin API; everything else is decided by ownership and scopes. */
export type UserRole = 'member' | 'admin';
export const userRoles: UserRole[] = ['member', 'admin'];

/** Somebody known by (issuer, subject) of an identity provider; never matched by e-mail, which its owner can change. */
@Entity()
@Unique({ properties: ['issuer', 'userId'] })
export class User {
  @PrimaryKey({ type: 'bigint', autoincrement: true })
  id: Opt<string>;

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
}
