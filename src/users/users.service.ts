import { EntityManager, type SqlEntityManager } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';
import { Audit } from '../common/audit/audit.js';
import { makePublicId, newUuid } from '../common/public-id.js';
import { AccessNews } from './auth/access-news.js';
import { CredentialsInvalidError } from './auth/auth.errors.js';
import { Deactivations } from './deactivations.js';
import { User, type UserRole } from './user.entity.js';

@Injectable()
export class UsersService {
  constructor(
    private readonly em: EntityManager,
    private readonly audit: Audit,
    private readonly news: AccessNews,
    private readonly deactivations: Deactivations,
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
   * @throws CredentialsInvalidError when they are deactivated
   */
  async signIn(identity: Identity): Promise<SignedIn> {
    const { issuer, userId, email } = identity;
    const [known] = await this.em.execute<SignedInRow[]>(
      `select ${columns} from "user" where issuer = ? and user_id = ?`,
      [issuer, userId],
    );
    const isKnown = known && (email === '' || email === known.email || known.is_told);
    const row = isKnown ? known : await this.em.fork().transactional((em) => this.save(em, identity));
    if (row.is_off) throw new CredentialsInvalidError();
    return { id: row.id, publicId: row.public_id, role: row.role };
  }

  /** What the identity provider tells of somebody, unless it has told something newer, or that they are gone. */
  async identityIs({ issuer, userId, email }: Identity, at: Date): Promise<void> {
    await this.em.fork().transactional(async (em) => {
      const [told] = await em.execute<[{ public_id: string; is_new: boolean }?]>(
        `insert into "user" (public_id, issuer, user_id, email, role, identity_updated_at) values (?, ?, ?, ?, 'member', ?)
         on conflict (issuer, user_id) do update
           set email = excluded.email, identity_updated_at = excluded.identity_updated_at
           where "user".identity_gone_at is null
             and ("user".identity_updated_at is null or "user".identity_updated_at < excluded.identity_updated_at)
         returning public_id, xmax = 0 as is_new`,
        [newUuid(), issuer, userId, email, at],
      );
      if (!told?.is_new) return;
      const object = makePublicId('user', told.public_id);
      await this.audit.record(em, {
        action: 'user.created',
        object,
        owner: told.public_id,
        details: { role: 'member' },
      });
    });
  }

  /**
   * The identity provider says that somebody is gone: they are deactivated, with all that is theirs. That holds for
   * somebody whom nobody has seen here too, so that what was told of them before and comes later does not bring them.
   */
  async identityGone(issuer: string, userId: string): Promise<void> {
    await this.em.fork().transactional(async (em) => {
      const [gone] = await em.execute<[{ id: string; public_id: string; was_active: boolean }?]>(goneStatement, [
        ...[issuer, userId],
        ...[newUuid(), issuer, userId],
      ]);
      if (!gone?.was_active) return;
      await this.deactivations.tell(em, { userId: String(gone.id), isActive: false });
      const object = makePublicId('user', gone.public_id);
      await this.audit.record(em, { action: 'user.deactivated', object, owner: gone.public_id, details: { issuer } });
      await this.news.announce(em, 'users');
    });
    this.news.apply('users');
  }

  private async save(em: SqlEntityManager, { issuer, userId, email }: Identity): Promise<SignedInRow> {
    // One statement, so that first requests which come in together make one user.
    const [saved] = await em.execute<[SignedInRow & { is_new: boolean }]>(
      `insert into "user" (public_id, issuer, user_id, email, role) values (?, ?, ?, ?, 'member')
       on conflict (issuer, user_id) do update set email = coalesce(nullif(excluded.email, ''), "user".email)
       returning ${columns}, xmax = 0 as is_new`,
      [newUuid(), issuer, userId, email],
    );
    if (saved.is_new) {
      const by = { publicId: saved.public_id, subject: userId, issuer, apiKeyId: null };
      const object = makePublicId('user', saved.public_id);
      await this.audit.record(em, { action: 'user.created', object, by, details: { role: saved.role } });
    }
    return saved;
  }
}

/** Who somebody is to their identity provider. */
interface Identity {
  readonly issuer: string;
  readonly userId: string;
  readonly email: string;
}

/** Who has signed in. */
export interface SignedIn {
  /** Internal id. */
  id: string;
  /** The uuid of their public id. */
  publicId: string;
  role: UserRole;
}

const columns = `id, public_id, role, email, deactivated_at is not null as is_off, identity_updated_at is not null as is_told`;

/** Tells whether they were active until now. */
const goneStatement = `
  with known as (select deactivated_at from "user" where issuer = ? and user_id = ?)
  insert into "user" (public_id, issuer, user_id, email, role, identity_gone_at, deactivated_at)
  values (?, ?, ?, '', 'member', now(), now())
  on conflict (issuer, user_id) do update set
    identity_gone_at = coalesce("user".identity_gone_at, now()), deactivated_at = coalesce("user".deactivated_at, now())
  returning id, public_id, coalesce((select deactivated_at is null from known), false) as was_active`;

interface SignedInRow {
  id: string;
  public_id: string;
  role: UserRole;
  email: string;
  is_off: boolean;
  is_told: boolean;
}
