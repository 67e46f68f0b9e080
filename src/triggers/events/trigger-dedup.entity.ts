import { partOf } from '../../common/database/walls/ownership.js';
import { Entity, Index, PrimaryKey, Property } from '@mikro-orm/decorators/legacy';

/** Which event was accepted last with this hash: for 24 hours, the same one is a duplicate (ledger.ts). */
@Entity({ policies: partOf('trigger_dedup.subscription_id', 'trigger_subscription.id') })
@Index({
  name: 'trigger_dedup_age',
  expression: 'create index "trigger_dedup_age" on "trigger_dedup" using brin ("accepted_at")',
})
export class TriggerDedup {
  /** No foreign key: a row is of no use, and gone, a day later. */
  @PrimaryKey({ type: 'bigint' })
  subscriptionId: string;

  @PrimaryKey({ type: 'blob' })
  eventHash: Buffer;

  @Property({ type: 'uuid' })
  eventId: string;

  @Property({ type: 'timestamptz', columnType: 'timestamptz(3)', defaultRaw: 'now()' })
  acceptedAt: Date;
}
