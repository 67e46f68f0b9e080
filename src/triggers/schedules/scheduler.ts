import { IsolationLevel } from '@mikro-orm/core';
import { EntityManager, type SqlEntityManager } from '@mikro-orm/postgresql';
import {
  type BeforeApplicationShutdown,
  Inject,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { Environment } from '../../common/config/environment.js';
import { asDatabaseUnavailable } from '../../common/database/database.errors.js';
import { retryDeadlocks } from '../../common/database/deadlocks.js';
import { HotReads } from '../../common/database/hot-reads.js';
import { dateOf } from '../../common/database/sql-date.js';
import { faultPoint } from '../../common/fault-point.js';
import { type RunConcurrency } from '../../workflows/index.js';
import { type ActiveSubscription, ActiveSubscriptions } from '../intake/active-subscription.js';
import { EventIntake } from '../intake/event-intake.js';
import { type Occurrence } from '../intake/prepare-event.js';
import { TRIGGER_CATALOGUE, type TriggerCatalogue } from '../types/catalogue.js';
import { type ScheduleTrigger } from '../types/define-trigger.js';
import { claimDue, type DueRow, nextDue, type NextTime, plan } from './due-schedules.js';
import { delayOf, dueSlots } from './due-slots.js';
import { type FiringPolicy } from './firing-policy.js';
import { Rounds } from '../rounds.js';
import { scheduleLateness } from '../trigger-metrics.js';

/** Subscriptions that fire in one transaction; fewer, when they have many times to catch up with. */
const BATCH = 200;
const MOST_EVENTS = 500;
/** Batches that fire before the first of their runs begins: what is due goes first, but no run waits for long. */
const BATCHES = 5;
/** How long one that cannot fire is left alone: less than what is late may be and still counts as kept. */
const AGAIN_SECONDS = 30;
/** What is due is in other hands: another process fires it, or its owner changes it. */
const BUSY_MS = 50;

type Event = readonly [ActiveSubscription, Occurrence];

/** What a subscription that is due leads to. */
interface Firing {
  readonly events: readonly Event[];
  readonly next: NextTime;
  /** By how many milliseconds each is later than it should be. */
  readonly lateness: readonly number[];
}

/**
 * Fires schedules. When each is due is a column, and the database's time decides: there is no timer for any of them. A
 * subscription that is due is locked, its event and run are written and its next time is set in one transaction; the slot
 * is unique in the ledger as well. So any number of processes, crashes and clocks fire each slot once.
 */
@Injectable()
export class Scheduler implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly log = new Logger(Scheduler.name);
  private readonly rounds = new Rounds(() => this.round());
  /** What is to be done about runs that are committed: they can begin. */
  private readonly untold: (() => void)[] = [];

  constructor(
    private readonly environment: Environment,
    private readonly em: EntityManager,
    private readonly reads: HotReads,
    private readonly subscriptions: ActiveSubscriptions,
    private readonly intake: EventIntake,
    @Inject(TRIGGER_CATALOGUE) private readonly catalogue: TriggerCatalogue,
  ) {}

  onApplicationBootstrap(): void {
    if (this.environment.executesRuns) this.rounds.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.rounds.stop();
  }

  /** @returns after how many milliseconds the next one makes sense */
  private async round(): Promise<number> {
    try {
      const [next] = await this.reads.rows<{ wait: number }>(nextDue, []);
      if (!next) return Infinity;
      if (next.wait > 0) return Math.ceil(next.wait);
      return (await this.fireAll()) > 0 ? 0 : BUSY_MS;
    } catch (error) {
      if (!asDatabaseUnavailable(error)) this.log.error({ err: error }, 'Schedules could not be fired');
      return Infinity;
    }
  }

  /** @returns how many have been seen to */
  private async fireAll(): Promise<number> {
    let all = 0;
    try {
      for (let batch = 0; batch < BATCHES; batch++) {
        const count = await this.fire();
        all += count;
        if (count < BATCH) break;
      }
    } finally {
      for (const committed of this.untold.splice(0)) committed();
    }
    return all;
  }

  /**
   * Fires a batch of what is due. One that the database refuses must not keep the others from firing.
   * @param among ids; all, when left out
   * @returns how many have been seen to
   */
  private async fire(among?: readonly string[]): Promise<number> {
    let claimed: readonly DueRow[] = [];
    try {
      const done = await retryDeadlocks(() =>
        this.em.fork().transactional(
          async (em) => {
            claimed = await claimDue(em, BATCH, among);
            return claimed.length > 0 ? this.fireClaimed(em, claimed) : undefined;
          },
          // What follows the lock must see what its last holder committed, whatever the database's default is.
          { isolationLevel: IsolationLevel.READ_COMMITTED },
        ),
      );
      if (!done) return 0;
      faultPoint('after-events');
      this.untold.push(done.committed);
      return done.count;
    } catch (error) {
      if (asDatabaseUnavailable(error) || claimed.length === 0) throw error;
      if (claimed.length === 1) return this.leaveAlone(claimed[0]!, error);
      const ids = claimed.map(({ id }) => String(id));
      const half = Math.ceil(ids.length / 2);
      return (await this.fire(ids.slice(0, half))) + (await this.fire(ids.slice(half)));
    }
  }

  private async fireClaimed(
    em: SqlEntityManager,
    claimed: readonly DueRow[],
  ): Promise<{ committed: () => void; count: number }> {
    const events: Event[] = [];
    const times: NextTime[] = [];
    const lateness: number[] = [];
    for (const row of claimed) {
      const firing = await this.firingOf(row);
      events.push(...firing.events);
      times.push(firing.next);
      lateness.push(...firing.lateness);
      if (events.length >= MOST_EVENTS) break;
    }
    const { committed } = await this.intake.record(em, events);
    await plan(em, times);
    faultPoint('before-events');
    const told = (): void => {
      for (const late of lateness) scheduleLateness.observe(late / 1_000);
      committed();
    };
    return { committed: told, count: times.length };
  }

  /** One of which nothing can be made at the moment must not keep the others from firing. */
  private async firingOf(row: DueRow): Promise<Firing> {
    try {
      return await this.firing(row);
    } catch (error) {
      if (asDatabaseUnavailable(error)) throw error;
      return { events: [], next: this.putOff(row, error), lateness: [] };
    }
  }

  private async firing(row: DueRow): Promise<Firing> {
    const type = this.catalogue.get(row.trigger_type);
    if (type?.mode !== 'schedule') throw new Error(`There is no schedule "${row.trigger_type}" in this build.`);
    const policy = type.policy(row.config);
    const now = dateOf(row.now);
    const delay = delayOf(row.subscription_id, policy);
    const slots = dueSlots(type.schedule(row.config), policy, { dueAt: new Date(dueSince(row)), now, delay });
    const subscription = await this.subscriptions.withTarget(row);
    const { firing, missed, goesOnWith } = slots;
    const occurrences = firing.map((slot) => occurrenceOf(row, type, slot));
    if (missed) occurrences.unshift({ ...occurrenceOf(row, type, missed.last), skipped: missed.why });
    return {
      events: occurrences.map((occurrence) => [subscription, occurrence]),
      next: {
        id: row.id,
        // Behind all others that are due.
        next_fire_at: goesOnWith ? now : slots.nextFireAt,
        cursor: goesOnWith ? { due: goesOnWith.toISOString() } : null,
        last_error: null,
      },
      lateness: firing.map((slot) => Math.max(0, now.getTime() - slot.getTime() - delay)),
    };
  }

  private async leaveAlone(row: DueRow, error: unknown): Promise<number> {
    const next = this.putOff(row, error);
    await this.em.fork().transactional(async (em) => {
      // Unless it was changed meanwhile.
      const [still] = await claimDue(em, 1, [String(row.id)]);
      if (still?.next_fire_at === row.next_fire_at) await plan(em, [next]);
    });
    return 1;
  }

  private putOff(row: DueRow, error: unknown): NextTime {
    this.log.error({ err: error, subscription_id: row.subscription_id }, 'A schedule could not be fired');
    return {
      id: row.id,
      next_fire_at: new Date(dateOf(row.now).getTime() + AGAIN_SECONDS * 1_000),
      cursor: { due: dueSince(row) },
      last_error: 'It could not be fired for a reason inside Seer; the log has it.',
    };
  }
}

function dueSince(row: DueRow): string {
  return row.due_since ?? dateOf(row.next_fire_at).toISOString();
}

function occurrenceOf(row: DueRow, type: ScheduleTrigger, slot: Date): Occurrence {
  const now = dateOf(row.now);
  return {
    data: type.dataOf(slot, now, row.config),
    key: { slot: slot.toISOString() },
    slot,
    occurredAt: slot,
    cameAt: now,
    concurrency: overlapOf(row.id, type.policy(row.config)),
  };
}

function overlapOf(id: string, { overlap }: FiringPolicy): RunConcurrency | undefined {
  if (overlap === 'allow') return undefined;
  return { key: `s${id}:overlap`, limit: 1, onLimit: overlap === 'skip' ? 'drop' : overlap };
}
