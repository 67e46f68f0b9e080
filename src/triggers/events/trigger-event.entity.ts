import { type Opt, type Rel } from '@mikro-orm/core';
import { ownedBy } from '../../common/database/walls/ownership.js';
import { Entity, Enum, Index, ManyToOne, PrimaryKey, Property } from '@mikro-orm/decorators/legacy';
import { type Json } from '../../common/json.js';
import { TriggerSubscription } from '../subscriptions/trigger-subscription.entity.js';
import { type Verdict, verdicts } from './verdict.js';

/**
 * An event and what became of it: one row of the ledger. Written in plain SQL (ledger.ts), most of them in the statement
 * that starts their run; this entity is the definition of the table. Its key begins with whose it is, so that one index
 * serves the look-up, the list and a distributed database.
 */
@Entity({ policies: ownedBy() })
@Index({
  name: 'trigger_event_refused',
  expression: `create index "trigger_event_refused" on "trigger_event" ("event_id") where verdict in ('rejected', 'failed')`,
})
@Index({ name: 'trigger_event_of_subscription', properties: ['subscription', 'eventId'] })
// What lists by verdict are read from (event-list.ts): an accepted event, the most of them, pays nothing for it.
@Index({
  name: 'trigger_event_unaccepted',
  expression:
    'create index "trigger_event_unaccepted" on "trigger_event" ("user_id", "verdict", "event_id") ' +
    `where verdict <> 'accepted'`,
})
@Index({
  name: 'trigger_event_unaccepted_of_subscription',
  expression:
    'create index "trigger_event_unaccepted_of_subscription" on "trigger_event" ("subscription_id", "verdict", "event_id") ' +
    `where verdict <> 'accepted'`,
})
// A slot of a schedule is taken once, whatever clocks, processes and restarts do.
@Index({
  name: 'trigger_event_slot',
  expression:
    'create unique index "trigger_event_slot" on "trigger_event" ("subscription_id", "slot") where slot is not null',
})
export class TriggerEvent {
  /** Internal id of the owner. No foreign key: events go with their subscription. */
  @PrimaryKey({ type: 'bigint' })
  userId: string;

  /** Public as `evt_…`. */
  @PrimaryKey({ type: 'uuid' })
  eventId: string;

  /** Order of arrival in the database, for operators; internal like every numeric id. */
  @Property({ type: 'bigint', autoincrement: true })
  id: Opt<string>;

  @ManyToOne(() => TriggerSubscription, { deleteRule: 'cascade', index: false })
  subscription: Rel<TriggerSubscription>;

  /** Null for what was refused, and for a duplicate: the event that it is one of has it. */
  @Property({ type: 'json', columnType: 'json', nullable: true })
  eventData: Json;

  /** SHA-256 of the canonical JSON (RFC 8785) of what makes it this event; null for what was refused. */
  @Property({ type: 'blob', nullable: true })
  eventHash: Buffer | null;

  /** Its fate is sealed. */
  @Property({ type: 'boolean', default: true })
  processed: Opt<boolean> = true;

  @Enum({ items: () => verdicts })
  verdict: Verdict;

  /** One sentence for people; null when accepted. */
  @Property({ type: 'text', nullable: true })
  reason: string | null;

  /** uuid. No foreign key: runs have a retention of their own. */
  @Property({ type: 'uuid', nullable: true })
  runId: string | null;

  /** The event that this one is the same as. */
  @Property({ type: 'uuid', nullable: true })
  duplicateOf: string | null;

  /** The event that this one repeats on purpose. */
  @Property({ type: 'uuid', nullable: true })
  replayOf: string | null;

  /** Of a schedule: the time that it was for. */
  @Property({ type: 'timestamptz', columnType: 'timestamptz(3)', nullable: true })
  slot: Date | null;

  /** When it happened, where that is another time than when it came. */
  @Property({ type: 'timestamptz', columnType: 'timestamptz(3)', nullable: true })
  occurredAt: Date | null;

  @Property({ type: 'timestamptz', columnType: 'timestamptz(3)', defaultRaw: 'now()' })
  createdAt: Opt<Date>;
}
