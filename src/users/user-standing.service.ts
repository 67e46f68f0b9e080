import { EntityManager, LockMode } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';
import { Audit } from '../common/audit/audit.js';
import { retryDeadlocks } from '../common/database/deadlocks.js';
import { makePublicId, parsePublicId } from '../common/public-id.js';
import { AccessNews } from './auth/access-news.js';
import { ScopeMissingError } from './auth/auth.errors.js';
import { type Principal } from './auth/principal.js';
import { Deactivations } from './deactivations.js';
import { changeRole } from './role-change.js';
import { User, type UserRole } from './user.entity.js';
import { LastAdministratorError, OwnAccountError, UserBeingDeletedError, UserNotFoundError } from './user.errors.js';

/** What is to be different; what is left out stays. */
export interface StandingChange {
  readonly role?: UserRole | undefined;
  readonly deactivated?: boolean | undefined;
}

/**
 * What users may do at all, as administrators decide it. What somebody may do no more is refused from the next request on:
 * in this process when this resolves, in others as soon as they hear of it.
 */
@Injectable()
export class UserStanding {
  constructor(
    private readonly em: EntityManager,
    private readonly audit: Audit,
    private readonly news: AccessNews,
    private readonly deactivations: Deactivations,
  ) {}

  /** @throws UserNotFoundError, OwnAccountError, LastAdministratorError, UserBeingDeletedError */
  change(caller: Principal, publicId: string, { role, deactivated }: StandingChange): Promise<User> {
    const what = role === 'member' ? 'demote' : deactivated === true ? 'deactivate' : undefined;
    return this.decide(caller, publicId, what, async (em, user) => {
      if (role !== undefined) await changeRole({ em, audit: this.audit }, user, role);
      const isOff = user.deactivatedAt !== null;
      if (deactivated !== undefined && deactivated !== isOff) await this.setActive(em, user, !deactivated);
    });
  }

  /**
   * Deactivates a user for good. What is theirs is to be deleted by whoever knows all of it; asked again, it is scheduled
   * again.
   * @param schedule sees to that, in the same transaction
   * @throws UserNotFoundError, OwnAccountError, LastAdministratorError
   */
  beginDeletion(
    caller: Principal,
    publicId: string,
    schedule: (em: EntityManager, user: User) => Promise<void>,
  ): Promise<User> {
    return this.decide(caller, publicId, 'delete', async (em, user) => {
      if (user.deactivatedAt === null) await this.setActive(em, user, false);
      if (user.deletionBegunAt === null) await this.record(em, user, 'user.deletion-begun');
      user.deletionBegunAt ??= new Date();
      await schedule(em, user);
    });
  }

  private async decide(
    caller: Principal,
    publicId: string,
    taking: string | undefined,
    act: (em: EntityManager, user: User) => Promise<void>,
  ): Promise<User> {
    const user = await retryDeadlocks(() =>
      this.em.fork().transactional(async (em) => {
        const administrators = await this.administrators(em, caller);
        const found = await this.lock(em, publicId);
        if (taking !== undefined && String(found.id) === caller.userId) {
          throw new (administrators > 1 ? OwnAccountError : LastAdministratorError)(publicId, taking);
        }
        if (found.deletionBegunAt !== null && taking !== 'delete') throw new UserBeingDeletedError(publicId);
        await act(em, found);
        await em.flush();
        await this.news.announce(em, 'users');
        return found;
      }),
    );
    this.news.apply('users');
    return user;
  }

  /**
   * Decisions about users are made one after the other, by somebody who is an administrator at that moment. As nobody
   * decides about themselves, one always stays, whoever demotes whom at the same time.
   * @returns how many there are
   */
  private async administrators(em: EntityManager, caller: Principal): Promise<number> {
    const rows = await em.execute<{ id: string }[]>(
      `select id from "user" where role = 'admin' and deactivated_at is null order by id for no key update`,
    );
    if (!rows.some(({ id }) => String(id) === caller.userId)) throw new ScopeMissingError('admin');
    return rows.length;
  }

  private async lock(em: EntityManager, publicId: string): Promise<User> {
    const uuid = parsePublicId('user', publicId);
    const lockMode = LockMode.PESSIMISTIC_WRITE;
    const user = uuid && (await em.findOne(User, { publicId: uuid }, { lockMode }));
    if (!user) throw new UserNotFoundError(publicId);
    return user;
  }

  private async setActive(em: EntityManager, user: User, isActive: boolean): Promise<void> {
    user.deactivatedAt = isActive ? null : new Date();
    // Whoever is told looks at the row.
    await em.flush();
    await this.deactivations.tell(em, { userId: String(user.id), isActive });
    await this.record(em, user, isActive ? 'user.reactivated' : 'user.deactivated');
  }

  private record(em: EntityManager, user: User, action: string): Promise<void> {
    const object = makePublicId('user', user.publicId);
    return this.audit.record(em, { action, object, owner: user.publicId });
  }
}
