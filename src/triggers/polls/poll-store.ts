import { EntityManager, type SqlEntityManager } from '@mikro-orm/postgresql';
import { Injectable, Logger } from '@nestjs/common';
import { asDatabaseUnavailable } from '../../common/database/database.errors.js';
import { isDeadlock, retryDeadlocks } from '../../common/database/deadlocks.js';
import { parseDuration } from '../../common/duration.js';
import { DomainError } from '../../common/errors.js';
import { faultPoint } from '../../common/fault-point.js';
import { type JsonObject } from '../../common/json.js';
import {
  type ActiveSubscription,
  ActiveSubscriptions,
  activeSubscriptions,
  subscriptionColumns,
  type SubscriptionRow,
} from '../intake/active-subscription.js';
import { EventIntake } from '../intake/event-intake.js';
import { type Occurrence } from '../intake/prepare-event.js';
import { type Found, occurrencesOf } from './found.js';

/** So often, where a subscription says nothing else. */
const DEFAULT_INTERVAL_MS = 60_000;

/** A poll that was taken up. */
export interface ClaimedPoll extends SubscriptionRow {
  readonly cursor: JsonObject | null;
  readonly fence: number;
  readonly now: string;
}

/**
 * Locks the row, and reads it anew. A poll that another one has overtaken, or whose subscription was changed, switched off or
 * unpublished meanwhile, finds nothing and writes nothing: each of these counts `fence` up.
 */
const stillMine = `
  select ${subscriptionColumns} from ${activeSubscriptions}
  where s.id = ? and s.fence = ? and s.enabled for update of s`;

const done = `
  update trigger_subscription
  set cursor = coalesce(?::json, cursor), next_fire_at = now() + ? * interval '1 millisecond', status = 'active',
    failures = 0, failing_since = null, last_error = null
  where id = ?`;

/** Stores what polls have found, with how far they have read, in one transaction. */
@Injectable()
export class PollStore {
  private readonly log = new Logger(PollStore.name);

  constructor(
    private readonly em: EntityManager,
    private readonly subscriptions: ActiveSubscriptions,
    private readonly intake: EventIntake,
  ) {}

  /** @throws DatabaseUnavailableError, SpecInvalidProblem */
  async store(row: ClaimedPoll, found: Found): Promise<void> {
    const events = occurrencesOf(found);
    faultPoint('before-events');
    const committed = await this.together(row, found, events).catch((error: unknown) => {
      // That the workflow can't be worked with is no item's fault.
      if (events.length === 0 || error instanceof DomainError || isPassing(error)) throw error;
      this.log.error({ err: error, subscription_id: row.subscription_id }, 'What a poll found could not be stored');
      return this.oneByOne(row, found, events);
    });
    faultPoint('after-events');
    committed?.();
  }

  private together(row: ClaimedPoll, found: Found, events: readonly Occurrence[]) {
    return this.inTransaction(row, found, async (em, subscription) => [await this.recordIn(em, subscription, events)]);
  }

  /** One that the database refuses, or that can't be worked with, must not keep the others from coming, now and for ever. */
  private oneByOne(row: ClaimedPoll, found: Found, events: readonly Occurrence[]) {
    return this.inTransaction(row, found, async (em, subscription) => {
      const recorded: (() => void)[] = [];
      for (const event of events) {
        const attempt = em.transactional((inner) => this.recordIn(inner, subscription, [event]));
        recorded.push(await attempt.catch((error: unknown) => this.recordFailed(em, subscription, event, error)));
      }
      return recorded;
    });
  }

  /** @returns what to do when it is committed; undefined: nothing was written */
  private inTransaction(
    row: ClaimedPoll,
    { cursor, more }: Found,
    record: (em: SqlEntityManager, subscription: ActiveSubscription) => Promise<(() => void)[]>,
  ): Promise<(() => void) | undefined> {
    return retryDeadlocks(() =>
      this.em.fork().transactional(async (em) => {
        const [mine] = await em.execute<[SubscriptionRow?]>(stillMine, [row.id, row.fence]);
        if (!mine) return undefined;
        const recorded = await record(em, await this.subscriptions.withTarget(mine));
        const text = JSON.stringify(cursor);
        const changed = text === JSON.stringify(row.cursor) ? null : text;
        await em.execute(done, [changed, more ? 0 : intervalOf(row.config), row.id]);
        return () => recorded.forEach((committed) => committed());
      }),
    );
  }

  private async recordIn(
    em: SqlEntityManager,
    subscription: ActiveSubscription,
    events: readonly Occurrence[],
  ): Promise<() => void> {
    const pairs = events.map((event): readonly [ActiveSubscription, Occurrence] => [subscription, event]);
    return (await this.intake.record(em, pairs)).committed;
  }

  /** A line in the ledger, without what was found. */
  private recordFailed(
    em: SqlEntityManager,
    subscription: ActiveSubscription,
    { key, occurredAt }: Occurrence,
    error: unknown,
  ): Promise<() => void> {
    if (isPassing(error)) throw error;
    this.log.error({ err: error, subscription_id: subscription.subscription_id }, 'An item could not be stored');
    const failed = 'It could not be stored for a reason inside Seer; the log has it.';
    return this.recordIn(em, subscription, [
      { data: null, key: key ?? null, failed, ...(occurredAt && { occurredAt }) },
    ]);
  }
}

/** It says nothing about what was to be stored. */
function isPassing(error: unknown): boolean {
  return asDatabaseUnavailable(error) !== undefined || isDeadlock(error);
}

/** With a tenth more or less, so that those that were made together do not stay together. */
function intervalOf({ interval }: JsonObject): number {
  const wished = typeof interval === 'string' ? parseDuration(interval) : undefined;
  return Math.round((wished ?? DEFAULT_INTERVAL_MS) * (0.9 + Math.random() * 0.2));
}
