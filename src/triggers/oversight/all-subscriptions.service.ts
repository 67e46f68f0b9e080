import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';
import { allOf, type Condition } from '../../common/database/conditions.js';
import { CursorCodec } from '../../common/http/paging/cursor.js';
import { type Page } from '../../common/http/paging/page.dto.js';
import { loadPage } from '../../common/http/paging/page.js';
import { ownerColumns, Owners, type Principal } from '../../users/index.js';
import {
  type AllSubscriptionsQuery,
  OwnedSubscriptionResponse,
  type OwnedSubscriptionRow,
} from './all-subscriptions.dto.js';
import { subscriptionStates } from './subscription-states.js';

/** Subscriptions of all users, for whoever looks after the installation. */
@Injectable()
export class AllSubscriptions {
  constructor(
    private readonly em: EntityManager,
    private readonly cursors: CursorCodec,
    private readonly owners: Owners,
  ) {}

  /** Newest first. @throws CursorInvalidError */
  async list(caller: Principal, query: AllSubscriptionsQuery): Promise<Page<OwnedSubscriptionResponse>> {
    const { limit: _limit, cursor: _cursor, ...filter } = query;
    const conditions: Condition[] = [...(await this.owners.condition('s.user_id', query.user_id))];
    if (query.state !== undefined) conditions.push([subscriptionStates[query.state]]);
    if (query.trigger_type !== undefined) conditions.push(['s.trigger_type = ?', query.trigger_type]);
    return loadPage(this.cursors, {
      query,
      scope: { owner: caller.userId, list: 'subscriptions of all', filter },
      load: (count, position) =>
        this.rows(position ? [...conditions, ['s.subscription_id < ?', position[0]]] : conditions, count),
      positionOf: (row) => [row.subscription_id],
      toItem: (row) => OwnedSubscriptionResponse.from(row),
    });
  }

  private rows(conditions: readonly Condition[], count: number): Promise<OwnedSubscriptionRow[]> {
    const { sql, values } = allOf(conditions);
    return this.em.execute<OwnedSubscriptionRow[]>(
      `select s.subscription_id, w.workflow_id as workflow_uuid, w.name as workflow_name, s.trigger_type, s.enabled, s.status,
         w.published_version_id is not null as is_published, s.next_fire_at, s.silent_since, s.failures, s.failing_since,
         s.last_error, s.created_at, s.updated_at, ${ownerColumns},
         (select e.created_at from trigger_event e where e.subscription_id = s.id order by e.event_id desc limit 1) as last_event_at
       from trigger_subscription s join workflow w on w.id = s.workflow_id join "user" u on u.id = s.user_id
       where ${sql} order by s.subscription_id desc limit ?`,
      [...values, count],
    );
  }
}
