import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';
import { HotReads } from '../../common/database/hot-reads.js';
import { Audit } from '../../common/audit/audit.js';
import { dateOf } from '../../common/database/sql-date.js';
import { textArray } from '../../common/database/sql-array.js';
import { CursorCodec } from '../../common/http/paging/cursor.js';
import { type Page } from '../../common/http/paging/page.dto.js';
import { loadPage } from '../../common/http/paging/page.js';
import { makePublicId, parsePublicId } from '../../common/public-id.js';
import { type Principal } from '../../users/index.js';
import { type ActiveSubscription, ActiveSubscriptions } from '../intake/active-subscription.js';
import { EventIntake } from '../intake/event-intake.js';
import { type Occurrence } from '../intake/prepare-event.js';
import { SubscriptionInactiveError, SubscriptionNotFoundError } from '../subscriptions/subscription.errors.js';
import {
  type EventQuery,
  EventResponse,
  type EventRow,
  EventSummaryResponse,
  type ReplayEventsRequest,
  type ReplayEventsResponse,
} from './event.dto.js';
import { listEvents } from './event-list.js';
import { EventNotFoundError, EventNotReplayableError } from './event.errors.js';
import { type Verdict } from './verdict.js';

const columns = `e.event_id, s.subscription_id as subscription_uuid, e.event_hash, e.processed, e.verdict, e.reason, e.run_id,
  e.duplicate_of, e.replay_of, e.slot, e.occurred_at, e.created_at`;
const from = 'from trigger_event e join trigger_subscription s on s.id = e.subscription_id';

/** The most that one replay of a range repeats: it is one transaction. */
const MOST_REPLAYED = 1_000;
const unstarted: Verdict[] = ['filtered', 'skipped', 'failed'];

/** What came, and what became of it. Every look-up is for its owner: a foreign id is an unknown id. */
@Injectable()
export class EventsService {
  constructor(
    private readonly em: EntityManager,
    private readonly reads: HotReads,
    private readonly cursors: CursorCodec,
    private readonly active: ActiveSubscriptions,
    private readonly intake: EventIntake,
    private readonly audit: Audit,
  ) {}

  /** Newest first. @throws CursorInvalidError */
  list(caller: Principal, query: EventQuery): Promise<Page<EventSummaryResponse>> {
    const { limit: _limit, cursor: _cursor, ...filter } = query;
    return loadPage(this.cursors, {
      query,
      scope: { owner: caller.userId, list: 'trigger events', filter },
      load: (count, position) => {
        const { userId } = caller;
        return listEvents(
          this.reads,
          { userId, query, count, below: position && String(position[0]) },
          (ids, value) =>
            `select ${columns} ${from} where e.user_id = ${value(userId, 'bigint')} and e.event_id = ${ids} order by e.event_id desc`,
        );
      },
      positionOf: ({ event_id: eventId }) => [eventId],
      toItem: (row) => EventSummaryResponse.from(row),
    });
  }

  /** @throws EventNotFoundError */
  async get(caller: Principal, publicId: string): Promise<EventResponse> {
    return EventResponse.from(await this.find(caller, publicId));
  }

  /** @throws EventNotFoundError */
  ofUuid(caller: Principal, uuid: string): Promise<EventResponse> {
    return this.get(caller, makePublicId('event', uuid));
  }

  /**
   * Lets an event happen again, as a new event that names it. That the same one was accepted does not matter.
   * @throws EventNotFoundError, EventNotReplayableError, SubscriptionInactiveError
   */
  async replay(caller: Principal, publicId: string): Promise<EventResponse> {
    const row = await this.find(caller, publicId);
    if (row.verdict === 'rejected')
      throw new EventNotReplayableError(publicId, 'it was rejected, and nothing of it was kept.');
    if (row.verdict === 'duplicate') {
      const original =
        row.duplicate_of === null ? 'the one it is the same as' : makePublicId('event', row.duplicate_of);
      throw new EventNotReplayableError(publicId, `it is a duplicate; replay ${original} instead.`);
    }
    const subscription = await this.activeOne(row.subscription_uuid);
    // Before it: the event goes in with its run, in a statement that carries many.
    await this.audit.record(this.em, { action: 'event.replayed', object: publicId });
    const { eventId } = await this.intake.deliver(subscription, occurrenceOf(row));
    return this.ofUuid(caller, eventId);
  }

  /** All of a time, oldest first, in one transaction. @throws SubscriptionNotFoundError, SubscriptionInactiveError */
  async replayRange(caller: Principal, request: ReplayEventsRequest): Promise<ReplayEventsResponse> {
    const { subscription_id: publicId, created_after: after, created_before: before } = request;
    const uuid = parsePublicId('subscription', publicId);
    const rows = await this.em.execute<EventRow[]>(
      `select ${columns}, e.event_data ${from}
       where s.subscription_id = ? and s.user_id = ? and e.created_at >= ? and e.created_at < ?
         and e.verdict = any(?::text[])
       order by e.created_at, e.event_id limit ?`,
      [uuid ?? null, caller.userId, after, before, textArray(request.verdicts ?? unstarted), MOST_REPLAYED + 1],
    );
    if (rows.length === 0) await this.refuseForeign(caller, publicId);
    const chosen = upToBorder(rows);
    const subscription = await this.activeOne(uuid!);
    const { outcomes, committed } = await this.em.transactional(async (em) => {
      const details = { created_after: after, created_before: before, replayed: chosen.length };
      await this.audit.record(em, { action: 'subscription.events-replayed', object: publicId, details });
      return this.intake.record(
        em,
        chosen.map((row) => [subscription, occurrenceOf(row)] as const),
      );
    });
    committed();
    const next = rows.at(chosen.length);
    return { replayed: chosen.length, verdicts: outcomes, next_after: next ? dateOf(next.created_at) : null };
  }

  private async find(caller: Principal, publicId: string): Promise<EventRow> {
    const eventId = parsePublicId('event', publicId);
    const [row] = eventId
      ? await this.em.execute<[EventRow?]>(
          `select ${columns}, e.event_data ${from} where e.user_id = ? and e.event_id = ?`,
          [caller.userId, eventId],
        )
      : [];
    if (!row) throw new EventNotFoundError(publicId);
    return row;
  }

  private async activeOne(uuid: string): Promise<ActiveSubscription> {
    const active = await this.active.find(uuid);
    if (!active) throw new SubscriptionInactiveError(makePublicId('subscription', uuid));
    return active;
  }

  private async refuseForeign({ userId }: Principal, publicId: string): Promise<void> {
    const [row] = await this.em.execute<[unknown?]>(
      'select from trigger_subscription where subscription_id = ? and user_id = ?',
      [parsePublicId('subscription', publicId) ?? null, userId],
    );
    if (!row) throw new SubscriptionNotFoundError(publicId);
  }
}

/** Not more than may be, and none of the moment at which the next replay begins. */
function upToBorder(rows: readonly EventRow[]): readonly EventRow[] {
  const next = rows.at(MOST_REPLAYED);
  const before = next ? rows.filter(({ created_at: at }) => at < next.created_at) : rows;
  return before.length > 0 ? before : rows.slice(0, MOST_REPLAYED);
}

function occurrenceOf({
  event_id: replayOf,
  event_data: data = null,
  occurred_at: at,
  slot,
  created_at: came,
}: EventRow): Occurrence {
  return { data, replayOf, isRepeat: true, occurredAt: dateOf(at ?? slot ?? came) };
}
