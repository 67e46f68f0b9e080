import { EntityManager, type SqlEntityManager } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';
import { Audit } from '../common/audit/audit.js';
import { makePublicId, newUuid } from '../common/public-id.js';
import { CredentialsInvalidError } from './auth/auth.errors.js';
import { User, type UserRole } from './user.entity.js';

@Injectable()
export class UsersService {
  constructor(
    private readonly em: EntityManager,
    private readonly audit: Audit,
  ) {}

  /** @throws CredentialsInvalidError when the user was deleted since their credential was checked. */
  async get(id: string): Promise<User> {
    const user = await this.em.findOne(User, { id });
    if (!user) throw new CredentialsInvalidError();
    return user;
  }

  /**
   * The user behind a verified identity, made on first sight. An e-mail that changed at the provider is taken over; an
   * empty one leaves what is known.
   * @throws CredentialsInvalidError when they are deactivated
   */
  async signIn(identity: Identity): Promise<SignedIn> {
    const { issuer, userId, email } = identity;
    const [known] = await this.em.execute<SignedInRow[]>(
      `select ${columns} from "user" where issuer = ? and user_id = ?`,
      [issuer, userId],
    );
    const isKnown = known && (email === '' || email === known.email);
    const row = isKnown ? known : await this.em.fork().transactional((em) => this.save(em, identity));
    if (row.is_off) throw new CredentialsInvalidError();
    return { id: row.id, publicId: row.public_id, role: row.role };
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

interface Identity {
  issuer: string;
  userId: string;
  email: string;
}

/** Who has signed in. */
export interface SignedIn {
  /** Internal id. */
  id: string;
  /** The uuid of their public id. */
  publicId: string;
  role: UserRole;
}

const columns = 'id, public_id, role, email, deactivated_at is not null as is_off';

interface SignedInRow {
  id: string;
  public_id: string;
  role: UserRole;
  email: string;
  is_off: boolean;
}
