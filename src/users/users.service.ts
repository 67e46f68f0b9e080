import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';
import { CredentialsInvalidError } from './auth/auth.errors.js';
import { User, type UserRole } from './user.entity.js';

@Injectable()
export class UsersService {
  constructor(private readonly em: EntityManager) {}

  /** @throws CredentialsInvalidError when the user was deleted since their credential was checked. */
  async get(id: string): Promise<User> {
    const user = await this.em.findOne(User, { id });
    if (!user) throw new CredentialsInvalidError();
    return user;
  }

  /**
   * The user behind a verified identity, made on first sight. An e-mail that changed at the provider is taken over; an
   * empty one leaves what is known.
   */
  async signIn(identity: { issuer: string; userId: string; email: string }): Promise<{ id: string; role: UserRole }> {
    const { issuer, userId, email } = identity;
    const [known] = await this.em.execute<SignedInRow[]>(
      'select id, role, email from "user" where issuer = ? and user_id = ?',
      [issuer, userId],
    );
    if (known && (email === '' || email === known.email)) return known;
    // One statement, so that first requests which come in together make one user.
    const [saved] = await this.em.execute<SignedInRow[]>(
      `insert into "user" (issuer, user_id, email, role) values (?, ?, ?, 'member')
       on conflict (issuer, user_id) do update set email = coalesce(nullif(excluded.email, ''), "user".email)
       returning id, role, email`,
      [issuer, userId, email],
    );
    return saved!;
  }
}

interface SignedInRow {
  id: string;
  role: UserRole;
  email: string;
}
