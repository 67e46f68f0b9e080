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
import { type HotRead, HotReads } from '../../common/database/hot-reads.js';
import { dateOf } from '../../common/database/sql-date.js';
import { faultPoint } from '../../common/fault-point.js';
import { type RunConcurrency } from '../../workflows/index.js';
import {
  type ActiveSubscription,
  ActiveSubscriptions,
  activeSubscriptions,
  subscriptionColumns,
  type SubscriptionRow,
} from '../intake/active-subscription.js';
import { EventIntake } from '../intake/event-intake.js';
import { type Occurrence } from '../intake/prepare-event.js';
import { TRIGGER_CATALOGUE, type TriggerCatalogue } from '../types/catalogue.js';
import { type CronConfig } from '../types/cron-schedule.trigger.js';
import { delayOf, dueSlots } from './due-slots.js';
import { Rounds } from './rounds.js';
import { wallClock } from './wall-clock.js';

/** Subscriptions that fire in one transaction. */
const BATCH = 100;
/** How long one that cannot fire is left alone. */
const AGAIN_SECONDS = 60;

interface DueRow extends SubscriptionRow {
  next_fire_at: string;
  /** Of one that could not be fired: when it was due. */
  due_since: string | null;
  now: string;
}

/** One that is due, with what it does. */
interface DueSubscription {
  readonly row: DueRow;
  readonly events: readonly (readonly [ActiveSubscription, Occurrence])[];
  readonly nextFireAt: Date | null;
}

const due: HotRead = {
  name: 'due-schedules',
  text: `select ${subscriptionColumns}, s.next_fire_at, s.cursor ->> 'due' as due_since, now() as now from ${activeSubscriptions}
         where s.mode = 'schedule' and s.next_fire_at <= now() order by s.next_fire_at limit ${BATCH}`,
};

const nextDue: HotRead = {
  name: 'next-schedule',
  text: `select extract(epoch from next_fire_at - now())::float8 * 1000 as wait from trigger_subscription
         where mode = 'schedule' and next_fire_at is not null order by next_fire_at limit 1`,
};

/**
 * Fires schedules. When each is due is a column, and the database's time decides: there is no timer for any of them. A
 * subscription that is due is locked, its event and run are written and its next time is set in one transaction; the slot
 * is unique in the ledger as well. So any number of processes, crashes and clocks fire each slot once.
 */
@Injectable()
export class Scheduler implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly log = new Logger(Scheduler.name);
  private readonly rounds = new Rounds(() => this.round());

  constructor(
    private readonly environment: Environment,
    private readonly em: EntityManager,
    private readonly reads: HotReads,
    private readonly subscriptions: ActiveSubscriptions,
    private readonly intake: EventIntake,
    @Inject(TRIGGER_CATALOGUE) private readonly catalogue: TriggerCatalogue,
  ) {}

  onApplicationBootstrap(): void {
    if (this.environment.works) this.rounds.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.rounds.stop();
  }

  /** @returns after how many milliseconds the next one makes sense */
  private async round(): Promise<number> {
    try {
      const rows = await this.reads.rows<DueRow>(due, []);
      if (rows.length > 0) {
        const planned = await Promise.all(rows.map((row) => this.planned(row)));
        const fired = await this.fire(planned.filter((one) => one !== undefined));
        // Nothing: another process has them in its hands.
        return fired > 0 ? 0 : Infinity;
      }
      const [next] = await this.reads.rows<{ wait: number }>(nextDue, []);
      return Math.max(1, next?.wait ?? Infinity);
    } catch (error) {
      if (!asDatabaseUnavailable(error)) this.log.error({ err: error }, 'Schedules could not be fired');
      return Infinity;
    }
  }

  /** Undefined: nothing can be made of it at the moment. */
  private async planned(row: DueRow): Promise<DueSubscription | undefined> {
    try {
      return await this.plan(row);
    } catch (error) {
      if (asDatabaseUnavailable(error)) throw error;
      await this.putOff(row, error);
      return undefined;
    }
  }

  private async plan(row: DueRow): Promise<DueSubscription> {
    const type = this.catalogue.get(row.trigger_type);
    if (type?.mode !== 'schedule') throw new Error(`There is no schedule "${row.trigger_type}" in this build.`);
    const config = row.config as CronConfig;
    const now = dateOf(row.now);
    const delay = delayOf(row.subscription_id, config);
    const { firing, missed, nextFireAt } = dueSlots(type.schedule(config), config, {
      dueAt: row.due_since === null ? dateOf(row.next_fire_at) : new Date(row.due_since),
      now,
      delay,
    });
    const subscription = await this.subscriptions.withTarget(row);
    const occurrence = (slot: Date): Occurrence => ({
      data: { scheduled_at: slot.toISOString(), fired_at: now.toISOString(), slot: wallClock(slot, config.timezone) },
      key: { slot: slot.toISOString() },
      slot,
      concurrency: overlapOf(row.id, config),
    });
    const skipped = missed ? [{ ...occurrence(missed.last), skipped: missed.why }] : [];
    const events = [...skipped, ...firing.map(occurrence)].map((one) => [subscription, one] as const);
    return { row, events, nextFireAt };
  }

  /** One that the database refuses must not keep the others from firing. @returns how many have fired */
  private async fire(due: readonly DueSubscription[]): Promise<number> {
    try {
      return await retryDeadlocks(() => this.fireTogether(due));
    } catch (error) {
      if (asDatabaseUnavailable(error)) throw error;
      if (due.length === 1) {
        await this.putOff(due[0]!.row, error);
        return 1;
      }
      let fired = 0;
      for (const one of due) fired += await this.fire([one]);
      return fired;
    }
  }

  private async fireTogether(due: readonly DueSubscription[]): Promise<number> {
    faultPoint('before-events');
    const done = await this.em.fork().transactional(async (em) => {
      const mine = await lock(em, due);
      const { committed } = await this.intake.record(
        em,
        mine.flatMap(({ events }) => events),
      );
      await em.execute(
        `update trigger_subscription s set next_fire_at = t.next_fire_at, cursor = null, last_error = null
         from json_to_recordset(?::json) as t(id bigint, next_fire_at timestamptz) where s.id = t.id`,
        [JSON.stringify(mine.map(({ row, nextFireAt }) => ({ id: row.id, next_fire_at: nextFireAt })))],
      );
      return { committed, count: mine.length };
    });
    faultPoint('after-events');
    done.committed();
    return done.count;
  }

  private async putOff(row: DueRow, error: unknown): Promise<void> {
    this.log.error({ err: error, subscription_id: row.subscription_id }, 'A schedule could not be fired');
    await this.em.fork().execute(
      `update trigger_subscription
       set next_fire_at = now() + ? * interval '1 second', cursor = ?::json, last_error = ? where id = ? and next_fire_at <= now()`,
      [
        AGAIN_SECONDS,
        JSON.stringify({ due: row.due_since ?? dateOf(row.next_fire_at).toISOString() }),
        'It could not be fired for a reason inside Seer; the log has it.',
        row.id,
      ],
    );
  }
}

/** Those that are still due as they were: what is changed or fired meanwhile, or is in the hands of another process, is not. */
async function lock(em: SqlEntityManager, due: readonly DueSubscription[]): Promise<DueSubscription[]> {
  const rows = await em.execute<{ id: string; next_fire_at: string; revision: number }[]>(
    `select id, next_fire_at, revision from trigger_subscription
     where id = any(array(select value::bigint from json_array_elements_text(?::json))) and next_fire_at <= now()
     order by id for update skip locked`,
    [JSON.stringify(due.map(({ row }) => row.id))],
  );
  const found = new Map(rows.map((row) => [String(row.id), row]));
  return due.filter(({ row }) => {
    const now = found.get(String(row.id));
    return now?.next_fire_at === row.next_fire_at && now.revision === row.revision;
  });
}

function overlapOf(id: string, { overlap }: CronConfig): RunConcurrency | undefined {
  if (overlap === 'allow') return undefined;
  return { key: `s${id}:overlap`, limit: 1, onLimit: overlap === 'skip' ? 'drop' : overlap };
}
