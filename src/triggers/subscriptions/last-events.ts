import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';
import { dateOf } from '../../common/database/sql-date.js';
import { type TriggerSubscription } from './trigger-subscription.entity.js';

/** When subscriptions had their last event: read from the ledger, so that no event has to change its subscription. */
@Injectable()
export class LastEvents {
  constructor(private readonly em: EntityManager) {}

  /** By the uuid of the subscription; what had none is not there. */
  async of(subscriptions: readonly TriggerSubscription[]): Promise<Map<string, Date>> {
    if (subscriptions.length === 0) return new Map();
    const rows = await this.em.execute<{ subscription_id: string; created_at: string }[]>(
      `select s.subscription_id, e.created_at from json_array_elements_text(?::json) as given (id)
       join trigger_subscription s on s.id = given.id::bigint
       cross join lateral (
         select created_at from trigger_event where subscription_id = s.id order by event_id desc limit 1
       ) e`,
      [JSON.stringify(subscriptions.map(({ id }) => String(id)))],
    );
    return new Map(rows.map(({ subscription_id: uuid, created_at: at }) => [uuid, dateOf(at)]));
  }
}
