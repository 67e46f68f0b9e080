import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';
import { ApiKeyAuthenticator } from './auth/api-key-authenticator.js';
import { CredentialsInvalidError } from './auth/auth.errors.js';
import { User, type UserRole } from './user.entity.js';

@Injectable()
export class UsersService {
  constructor(
    private readonly em: EntityManager,
    private readonly apiKeys: ApiKeyAuthenticator,
  ) {}

  /** @throws CredentialsInvalidError when the user was deleted since their credential was checked. */
  async get(id: string): Promise<User> {
    const user = await this.em.findOne(User, { id });
    if (!user) throw new CredentialsInvalidError();
    return user;
  }

  /**
   * The user behind a verified identity, made on first sight. An e-mail that changed at the provider is taken over; an
   * empty one leaves what is known, and so does every one where the provider itself tells of changes: a token may be older.
   * @throws CredentialsInvalidError for an identity that is gone
   */
  async signIn(identity: Identity): Promise<{ id: string; role: UserRole }> {
    const { issuer, userId, email } = identity;
    const [known] = await this.em.execute<SignedInRow[]>(
      `select id, role, email, identity_updated_at is not null as is_told, identity_gone_at is not null as is_gone
         from "user" where issuer = ? and user_id = ?`,
      [issuer, userId],
    );
    if (known?.is_gone) throw new CredentialsInvalidError();
    if (known && (email === '' || email === known.email || known.is_told)) return known;
    // One statement, so that first requests which come in together make one user.
    const [saved] = await this.em.execute<SignedInRow[]>(
      `insert into "user" (issuer, user_id, email, role) values (?, ?, ?, 'member')
       on conflict (issuer, user_id) do update set email = coalesce(nullif(excluded.email, ''), "user".email)
       returning id, role, email, identity_updated_at is not null as is_told, identity_gone_at is not null as is_gone`,
      [issuer, userId, email],
    );
    if (saved!.is_gone) throw new CredentialsInvalidError();
    return saved!;
  }

  /** What the identity provider tells of somebody, unless it has told something newer, or that they are gone. */
  async identityIs({ issuer, userId, email }: Identity, at: Date): Promise<void> {
    await this.em.execute(
      `insert into "user" (issuer, user_id, email, role, identity_updated_at) values (?, ?, ?, 'member', ?)
       on conflict (issuer, user_id) do update
         set email = excluded.email, identity_updated_at = excluded.identity_updated_at
         where "user".identity_gone_at is null
           and ("user".identity_updated_at is null or "user".identity_updated_at < excluded.identity_updated_at)`,
      [issuer, userId, email, at],
    );
  }

  /**
   * The identity provider says that somebody is gone. Their API keys are revoked and their tokens refused; also those of
   * somebody whom nobody has seen here, so that what was told of them before and comes later does not bring them.
   */
  async identityGone(issuer: string, userId: string): Promise<void> {
    const revoked = await this.em.transactional(async (em) => {
      await em.execute(
        `insert into "user" (issuer, user_id, email, role, identity_gone_at) values (?, ?, '', 'member', now())
         on conflict (issuer, user_id) do update set identity_gone_at = coalesce("user".identity_gone_at, now())`,
        [issuer, userId],
      );
      const keys = await em.execute<{ key_hash: string }[]>(
        `update api_key k set revoked_at = now() from "user" u
          where u.id = k.user_id and u.issuer = ? and u.user_id = ? and k.revoked_at is null returning k.key_hash`,
        [issuer, userId],
      );
      for (const { key_hash: keyHash } of keys) await this.apiKeys.announceRevocation(em, keyHash);
      return keys;
    });
    for (const { key_hash: keyHash } of revoked) this.apiKeys.forget(keyHash);
  }
}

/** Who somebody is to their identity provider. */
interface Identity {
  readonly issuer: string;
  readonly userId: string;
  readonly email: string;
}

interface SignedInRow {
  is_told: boolean;
  is_gone: boolean;
  id: string;
  role: UserRole;
  email: string;
}
