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
import { parseDuration } from '../../common/duration.js';
import { faultPoint } from '../../common/fault-point.js';
import { type JsonObject } from '../../common/json.js';
import { makePublicId } from '../../common/public-id.js';
import { makeStorable } from '../../common/storable-text.js';
import { CredentialResolver } from '../../integrations/index.js';
import {
  ActiveSubscriptions,
  activeSubscriptions,
  subscriptionColumns,
  type SubscriptionRow,
} from '../intake/active-subscription.js';
import { EventIntake } from '../intake/event-intake.js';
import { type Occurrence } from '../intake/prepare-event.js';
import { Rounds } from '../schedules/rounds.js';
import { TRIGGER_CATALOGUE, type TriggerCatalogue } from '../types/catalogue.js';
import { type PollResult, type PollTrigger } from '../types/define-trigger.js';
import { PollFailures } from './poll-failures.js';

/** Polls that one process has under way. */
const AT_A_TIME = 10;
/** A poll that takes longer is given up … */
const LONGEST_MS = 120_000;
/** … and one whose process died is taken up by another after this. */
const LEASE_SECONDS = 180;
/** So often, where a subscription says nothing else. */
const DEFAULT_INTERVAL_MS = 60_000;

interface ClaimedPoll extends SubscriptionRow {
  cursor: JsonObject | null;
  fence: number;
  now: string;
}

/** Takes the polls that are due. Their next time is the end of the lease: of a process that dies, others take them then. */
const claim = `
  with due as (
    select id from trigger_subscription where mode = 'poll' and next_fire_at <= now()
    order by next_fire_at limit ? for update skip locked
  ), claimed as (
    update trigger_subscription set fence = fence + 1, next_fire_at = now() + interval '${LEASE_SECONDS} seconds'
    where id in (select id from due) returning id, fence
  )
  select ${subscriptionColumns}, s.cursor, c.fence, now() as now
  from claimed c join ${activeSubscriptions} on s.id = c.id`;

const nextDue: HotRead = {
  name: 'next-poll',
  text: `select extract(epoch from next_fire_at - now())::float8 * 1000 as wait from trigger_subscription
         where mode = 'poll' and next_fire_at is not null order by next_fire_at limit 1`,
};

/**
 * Asks others what is new. What was found, and how far that was, is stored in one transaction, by the last one that was
 * told to ask: nothing is missed or read twice, whatever dies.
 */
@Injectable()
export class Poller implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly log = new Logger(Poller.name);
  private readonly rounds = new Rounds(() => this.round());
  private readonly underWay = new Set<Promise<void>>();
  private readonly stopping = new AbortController();

  constructor(
    private readonly environment: Environment,
    private readonly em: EntityManager,
    private readonly reads: HotReads,
    private readonly subscriptions: ActiveSubscriptions,
    private readonly credentials: CredentialResolver,
    private readonly intake: EventIntake,
    private readonly failures: PollFailures,
    @Inject(TRIGGER_CATALOGUE) private readonly catalogue: TriggerCatalogue,
  ) {}

  onApplicationBootstrap(): void {
    if (this.environment.works) this.rounds.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    const stopped = this.rounds.stop();
    this.stopping.abort(new Error('the process stops'));
    await stopped;
    await Promise.all(this.underWay);
  }

  /** @returns after how many milliseconds the next one makes sense */
  private async round(): Promise<number> {
    try {
      const free = AT_A_TIME - this.underWay.size;
      const [next] = free > 0 ? await this.reads.rows<{ wait: number }>(nextDue, []) : [];
      if (!next || next.wait > 0) return Math.max(1, next?.wait ?? Infinity);
      const claimed = await this.em.fork().execute<ClaimedPoll[]>(claim, [free]);
      for (const row of claimed) {
        const poll = this.poll(row).finally(() => this.underWay.delete(poll));
        this.underWay.add(poll);
      }
      return claimed.length > 0 ? 0 : Infinity;
    } catch (error) {
      if (!asDatabaseUnavailable(error)) this.log.error({ err: error }, 'Polls could not be taken up');
      return Infinity;
    }
  }

  /** Never throws. */
  private async poll(row: ClaimedPoll): Promise<void> {
    try {
      const result = await this.ask(row);
      await retryDeadlocks(() => this.store(row, result));
    } catch (error) {
      if (this.stopping.signal.aborted) await this.failures.handBack(row).catch(() => {});
      else await this.failures.record(row, error).catch((failed: unknown) => this.report(row, failed));
    }
  }

  private async ask(row: ClaimedPoll): Promise<PollResult> {
    const type = this.typeOf(row);
    const { connection_id: connection, resource_id: resource } = row.config;
    const signal = AbortSignal.any([this.stopping.signal, AbortSignal.timeout(LONGEST_MS)]);
    const request = {
      userId: row.user_id,
      needs: { ...type.needs, key: type.key },
      signal,
      ...(typeof connection === 'string' && { connection }),
      ...(typeof resource === 'string' && { resource }),
    };
    const about = { config: row.config, cursor: row.cursor ?? undefined, now: dateOf(row.now).getTime() };
    // As JSON: without the secrets, and without what a database can't hold.
    const found = await this.credentials.use(request, async (access) => {
      const { events, cursor, more = false } = await type.poll(access, about);
      const list = events.map(({ data, key, occurredAt }) => ({ data, key, at: occurredAt?.toISOString() ?? null }));
      return JSON.parse(makeStorable(JSON.stringify({ list, cursor, more }))) as {
        list: { data: JsonObject; key: JsonObject; at: string | null }[];
        cursor: JsonObject;
        more: boolean;
      };
    });
    const events = found.list.map(({ data, key, at }) => ({
      data,
      key,
      ...(at !== null && { occurredAt: new Date(at) }),
    }));
    return { events, cursor: found.cursor, more: found.more };
  }

  private async store(row: ClaimedPoll, { events, cursor, more = false }: PollResult): Promise<void> {
    const subscription = await this.subscriptions.withTarget(row);
    faultPoint('before-events');
    const committed = await this.em.fork().transactional(async (em) => {
      if (!(await isStillMine(em, row))) return undefined;
      const recorded = await this.intake.record(
        em,
        events.map((event): readonly [typeof subscription, Occurrence] => [subscription, event]),
      );
      await em.execute(
        `update trigger_subscription
         set cursor = ?::json, next_fire_at = now() + ? * interval '1 millisecond', status = 'active', failures = 0,
           failing_since = null, last_error = null
         where id = ?`,
        [JSON.stringify(cursor), more ? 0 : intervalOf(row.config), row.id],
      );
      return recorded.committed;
    });
    faultPoint('after-events');
    committed?.();
  }

  private typeOf({ trigger_type: key }: ClaimedPoll): PollTrigger {
    const type = this.catalogue.get(key);
    if (type?.mode !== 'poll') throw new Error(`There is no poll "${key}" in this build.`);
    return type;
  }

  private report({ subscription_id: uuid }: ClaimedPoll, error: unknown): void {
    if (asDatabaseUnavailable(error)) return;
    this.log.error(
      { err: error, subscription_id: makePublicId('subscription', uuid) },
      'A failed poll could not be recorded',
    );
  }
}

/** Locks the row. A poll that another one has overtaken, or whose subscription was changed meanwhile, writes nothing. */
async function isStillMine(em: SqlEntityManager, { id, fence }: ClaimedPoll): Promise<boolean> {
  const rows = await em.execute<unknown[]>(
    'select id from trigger_subscription where id = ? and fence = ? for update',
    [id, fence],
  );
  return rows.length > 0;
}

/** With a tenth more or less, so that those that were made together do not stay together. */
function intervalOf({ interval }: JsonObject): number {
  const wished = typeof interval === 'string' ? parseDuration(interval) : undefined;
  return Math.round((wished ?? DEFAULT_INTERVAL_MS) * (0.9 + Math.random() * 0.2));
}
