import { type FilterQuery, raw } from '@mikro-orm/core';
import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';
import { CursorCodec } from '../../common/http/paging/cursor.js';
import { type Page } from '../../common/http/paging/page.dto.js';
import { loadPage } from '../../common/http/paging/page.js';
import { Jobs } from '../../common/jobs/jobs.service.js';
import { parsePublicId } from '../../common/public-id.js';
import { firstUuidOf } from '../../common/uuid.js';
import { type Principal, User, UserNotFoundError, UserStanding } from '../../users/index.js';
import {
  type UpdateUserRequest,
  type UserCounts,
  type UserQuery,
  UserResponse,
  UserWithCountsResponse,
} from './admin-user.dto.js';
import { eraseUser } from './erase-user.job.js';
import { eachSource } from '../../workflows/index.js';

const DAY_MS = 24 * 3_600_000;

/** Users, as administrators see them. */
@Injectable()
export class AdminUsersService {
  constructor(
    private readonly em: EntityManager,
    private readonly cursors: CursorCodec,
    private readonly standing: UserStanding,
    private readonly jobs: Jobs,
  ) {}

  /** Newest first. @throws CursorInvalidError */
  list(caller: Principal, query: UserQuery): Promise<Page<UserResponse>> {
    const { limit: _limit, cursor: _cursor, ...filter } = query;
    return loadPage(this.cursors, {
      query,
      scope: { owner: caller.userId, list: 'users', filter },
      load: (count, position) => {
        const after = position ? { id: { $lt: String(position[0]) } } : {};
        const where: FilterQuery<User> = { $and: [...conditionsOf(query), after] };
        return this.em.find(User, where, { orderBy: { id: 'desc' }, limit: count });
      },
      positionOf: ({ id }) => [String(id)],
      toItem: (user) => UserResponse.from(user),
    });
  }

  /** @throws UserNotFoundError */
  async get(publicId: string): Promise<UserWithCountsResponse> {
    const uuid = parsePublicId('user', publicId);
    const user = uuid && (await this.em.findOne(User, { publicId: uuid }));
    if (!user) throw new UserNotFoundError(publicId);
    return UserWithCountsResponse.with(user, await this.countsOf(user));
  }

  /** @throws UserNotFoundError, OwnAccountError, LastAdministratorError, UserBeingDeletedError */
  async update(caller: Principal, publicId: string, change: UpdateUserRequest): Promise<UserResponse> {
    return UserResponse.from(await this.standing.change(caller, publicId, change));
  }

  /** @throws UserNotFoundError, OwnAccountError, LastAdministratorError */
  async delete(caller: Principal, publicId: string): Promise<UserResponse> {
    const user = await this.standing.beginDeletion(caller, publicId, async (em, { id }) => {
      await this.jobs.enqueue(eraseUser, { user_id: String(id) }, { em, singletonKey: String(id) });
    });
    return UserResponse.from(user);
  }

  private async countsOf({ id }: User): Promise<UserCounts> {
    const [counts] = await this.em.execute<[UserCounts]>(
      `select
        (select count(*)::int from workflow where user_id = ?) as workflows,
        (select count(*)::int from ${eachSource} join workflow_run r on r.user_id = ? and r.source = origin.source and run_id >= ?)
          as runs_last_day,
        (select count(*)::int from oauth_connection where user_id = ?) as connections,
        (select count(*)::int from trigger_subscription where user_id = ?) as subscriptions,
        (select count(*)::int from api_key
          where user_id = ? and revoked_at is null and (expires_at is null or expires_at > now())) as live_api_keys`,
      // Ids of runs begin with the time: the list's index finds them.
      [id, id, firstUuidOf(Date.now() - DAY_MS), id, id, id],
    );
    return counts;
  }
}

function conditionsOf({ email, role, status }: UserQuery): FilterQuery<User>[] {
  const conditions: FilterQuery<User>[] = [];
  if (email !== undefined) {
    const prefix = `${email.toLowerCase().replaceAll(/[\\%_]/g, String.raw`\$&`)}%`;
    conditions.push({ [raw('lower(email)')]: { $like: prefix } } as FilterQuery<User>);
  }
  if (role !== undefined) conditions.push({ role });
  if (status === 'active') conditions.push({ deactivatedAt: null });
  if (status === 'deactivated') conditions.push({ deactivatedAt: { $ne: null }, deletionBegunAt: null });
  if (status === 'deleting') conditions.push({ deactivatedAt: { $ne: null }, deletionBegunAt: { $ne: null } });
  return conditions;
}
