import { EntityManager, type SqlEntityManager } from '@mikro-orm/postgresql';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { dateOf } from '../../common/database/sql-date.js';
import { type Json, type JsonObject } from '../../common/json.js';
import { makePublicId } from '../../common/public-id.js';
import { Together } from '../../common/together.js';
import { makeStorable } from '../../common/storable-text.js';
import { EventLedger, type EventOfUser } from '../../workflows/index.js';
import { type Verdict } from './verdict.js';

/** An event, for the ledger. */
export interface LedgerEvent {
  /** uuid. */
  readonly eventId: string;
  /** Internal ids. */
  readonly userId: string;
  readonly subscriptionId: string;
  readonly data: Json;
  /** SHA-256 in hex of what makes it this event. */
  readonly hash: string | null;
  /** When it came. */
  readonly createdAt: Date;
  /** When it happened, where that is another time. */
  readonly occurredAt?: Date | undefined;
  readonly slot?: Date | undefined;
  /** uuid of the event that this one repeats. */
  readonly replayOf?: string | undefined;
}

/** An event that starts no run. */
export interface SealedEvent extends LedgerEvent {
  readonly verdict: Exclude<Verdict, 'accepted' | 'duplicate'>;
  readonly reason: string;
}

const columns =
  'event_id uuid, run_id uuid, user_id bigint, subscription_id bigint, event_data json, event_hash text, is_repeat boolean, ' +
  'created_at timestamptz, occurred_at timestamptz, slot timestamptz, replay_of uuid, verdict text, reason text';

/**
 * Events that start runs, in the statement that inserts these. One insert decides what is a duplicate, so it does not matter
 * how many processes are told of the same event at the same time: of two, the later waits for the earlier to commit. A repeat
 * on purpose, and a slot of a schedule, which has an index of its own, pass that by.
 */
const enter = (parameter: string): string => `
  occurred as materialized (select * from json_to_recordset(${parameter}::json) as t(${columns})),
  fresh as (
    insert into trigger_dedup (subscription_id, event_hash, event_id)
    select distinct on (subscription_id, event_hash) subscription_id, decode(event_hash, 'hex'), event_id
    from occurred where is_repeat is null
    order by subscription_id, event_hash, event_id
    on conflict (subscription_id, event_hash) do update set event_id = excluded.event_id, accepted_at = now()
      where trigger_dedup.accepted_at <= now() - interval '24 hours'
    returning event_id
  ),
  events as (
    insert into trigger_event (user_id, event_id, subscription_id, event_data, event_hash, verdict, run_id, replay_of, slot,
      occurred_at, created_at)
    select user_id, event_id, subscription_id, event_data, decode(event_hash, 'hex'), 'accepted', run_id, replay_of, slot,
      occurred_at, created_at
    from occurred where is_repeat or event_id in (select event_id from fresh)
    on conflict do nothing
    returning run_id
  )`;

/** Events that start no run; a slot that is in the ledger already is passed by. */
const sealed = `
  insert into trigger_event (user_id, event_id, subscription_id, event_data, event_hash, verdict, reason, replay_of, slot,
    occurred_at, created_at)
  select user_id, event_id, subscription_id, event_data, decode(event_hash, 'hex'), verdict, reason, replay_of, slot, occurred_at,
    created_at
  from json_to_recordset(?::json) as t(${columns})
  on conflict do nothing`;

/** What the ledger refused: another statement than the one that refused it, so it sees which event was first. */
const duplicates = `
  insert into trigger_event (user_id, event_id, subscription_id, event_hash, verdict, reason, duplicate_of, occurred_at, created_at)
  select t.user_id, t.event_id, t.subscription_id, decode(t.event_hash, 'hex'), 'duplicate',
    'The same event was accepted within the last 24 hours.', d.event_id, t.occurred_at, t.created_at
  from json_to_recordset(?::json) as t(${columns})
  left join trigger_dedup d on d.subscription_id = t.subscription_id and d.event_hash = decode(t.event_hash, 'hex')
  where t.slot is null
  returning event_id, duplicate_of,
    (select run_id from trigger_event o where o.user_id = trigger_event.user_id and o.event_id = trigger_event.duplicate_of) as run_id`;

/** A duplicate, and what it is one of. uuids. */
export interface DuplicateRow {
  readonly event_id: string;
  readonly duplicate_of: string | null;
  readonly run_id: string | null;
}

interface TriggerRow {
  event_id: string;
  subscription_id: string;
  trigger_type: string;
  event_data: Json;
  occurred_at: string;
}

/** Lines that are written in one statement. */
const MOST_TOGETHER = 200;

/** The ledger of events: every one that comes is in it, with what became of it. */
@Injectable()
export class Ledger implements OnModuleInit {
  private readonly sealing = new Together<SealedEvent, void>(async (events) => {
    await this.seal(this.em.fork(), events);
    return events.map(() => undefined);
  }, MOST_TOGETHER);

  private readonly repeating = new Together<LedgerEvent, DuplicateRow | undefined>(async (events) => {
    const rows = await this.duplicate(this.em.fork(), events);
    const byId = new Map(rows.map((row) => [row.event_id, row]));
    return events.map(({ eventId }) => byId.get(eventId));
  }, MOST_TOGETHER);

  constructor(
    private readonly em: EntityManager,
    private readonly events: EventLedger,
  ) {}

  onModuleInit(): void {
    this.events.register(enter, (events) => this.triggers(events));
  }

  /** Records an event that starts no run, with those that others have at the same time. */
  sealOne(event: SealedEvent): Promise<void> {
    return this.sealing.add(event);
  }

  /** Records that this one came again, with those that others have at the same time. */
  duplicateOne(event: LedgerEvent): Promise<DuplicateRow | undefined> {
    return this.repeating.add(event);
  }

  /** Records events that start no run. */
  async seal(em: SqlEntityManager, events: readonly SealedEvent[]): Promise<void> {
    if (events.length > 0) await em.execute(sealed, [`[${events.map((event) => eventRow(event)).join(',')}]`]);
  }

  /** Records that these came again. */
  async duplicate(em: SqlEntityManager, events: readonly LedgerEvent[]): Promise<DuplicateRow[]> {
    if (events.length === 0) return [];
    return em.execute<DuplicateRow[]>(duplicates, [`[${events.map((event) => eventRow(event)).join(',')}]`]);
  }

  /** What `trigger` is in the runs that these events start. */
  private async triggers(events: readonly EventOfUser[]): Promise<Map<string, Json>> {
    const rows = await this.em.fork().execute<TriggerRow[]>(
      `select e.event_id, s.subscription_id, s.trigger_type, e.event_data, coalesce(e.occurred_at, e.created_at) as occurred_at
       from json_to_recordset(?::json) as t("userId" bigint, "eventId" uuid)
       join trigger_event e on e.user_id = t."userId" and e.event_id = t."eventId"
       join trigger_subscription s on s.id = e.subscription_id`,
      [JSON.stringify(events)],
    );
    return new Map(
      rows.map((row) => [
        row.event_id,
        triggerOf({
          type: row.trigger_type,
          subscriptionId: row.subscription_id,
          eventId: row.event_id,
          occurredAt: dateOf(row.occurred_at),
          data: row.event_data,
        }),
      ]),
    );
  }
}

/** What expressions see as `trigger`. Ids are uuids. */
export function triggerOf(about: {
  type: string;
  subscriptionId: string;
  eventId: string;
  occurredAt: Date;
  data: Json;
}): JsonObject {
  return {
    type: about.type,
    subscription_id: makePublicId('subscription', about.subscriptionId),
    event_id: makePublicId('event', about.eventId),
    occurred_at: about.occurredAt.toISOString(),
    data: about.data,
  };
}

/** A row for json_to_recordset; what is absent is null. */
export function eventRow(
  event: LedgerEvent & Partial<Pick<SealedEvent, 'verdict' | 'reason'>>,
  run?: { readonly runId: string; readonly isRepeat: boolean },
): string {
  return makeStorable(
    JSON.stringify({
      event_id: event.eventId,
      user_id: event.userId,
      subscription_id: event.subscriptionId,
      event_data: event.data,
      event_hash: event.hash ?? undefined,
      created_at: event.createdAt.toISOString(),
      occurred_at: event.occurredAt?.toISOString(),
      slot: event.slot?.toISOString(),
      replay_of: event.replayOf,
      verdict: event.verdict,
      reason: event.reason,
      run_id: run?.runId,
      // Absent: it is looked at whether it was there before.
      is_repeat: run?.isRepeat === true ? true : undefined,
    }),
  );
}
