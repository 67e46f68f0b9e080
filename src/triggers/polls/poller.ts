import { EntityManager } from '@mikro-orm/postgresql';
import {
  type BeforeApplicationShutdown,
  Inject,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { Environment } from '../../common/config/environment.js';
import { asDatabaseUnavailable } from '../../common/database/database.errors.js';
import { type HotRead, HotReads } from '../../common/database/hot-reads.js';
import { textArray } from '../../common/database/sql-array.js';
import { dateOf } from '../../common/database/sql-date.js';
import { makePublicId } from '../../common/public-id.js';
import { CredentialResolver } from '../../integrations/index.js';
import { activeSubscriptions, subscriptionColumns } from '../intake/active-subscription.js';
import { Rounds } from '../rounds.js';
import { polls } from '../trigger-metrics.js';
import { TRIGGER_CATALOGUE, type TriggerCatalogue } from '../types/catalogue.js';
import { type PollTrigger } from '../types/define-trigger.js';
import { type Found, foundBy } from './found.js';
import { PollFailures } from './poll-failures.js';
import { type ClaimedPoll, PollStore } from './poll-store.js';

/** Polls that one process has under way. */
const AT_A_TIME = 10;
/** A poll that takes longer is given up … */
const LONGEST_MS = 120_000;
/** … and one whose process died is taken up by another after this. */
const LEASE_SECONDS = 180;

/** Only what can be polled: of workflows that are published, and of types that this build knows. */
const isDue = `mode = 'poll' and next_fire_at <= now() and trigger_type = any(?::text[]) and exists (
  select from workflow w where w.id = trigger_subscription.workflow_id and w.published_version_id is not null)`;

/** Takes the polls that are due. Their next time is the end of the lease: of a process that dies, others take them then. */
const claim = `
  with due as (
    select id from trigger_subscription where ${isDue} order by next_fire_at limit ? for update skip locked
  ), claimed as (
    update trigger_subscription set fence = fence + 1, next_fire_at = now() + interval '${LEASE_SECONDS} seconds'
    where id in (select id from due) returning id, fence
  )
  select ${subscriptionColumns}, s.cursor, c.fence, now() as now
  from claimed c join ${activeSubscriptions} on s.id = c.id`;

const nextDue: HotRead = {
  name: 'next-poll',
  text: `select extract(epoch from next_fire_at - now())::float8 * 1000 as wait from trigger_subscription
         where mode = 'poll' and next_fire_at is not null and trigger_type = any($1::text[])
         order by next_fire_at limit 1`,
};

/**
 * Asks others what is new. What was found, and how far that was, is stored in one transaction, by the last one that was
 * told to ask (poll-store.ts): nothing is missed or read twice, whatever dies.
 */
@Injectable()
export class Poller implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly log = new Logger(Poller.name);
  private readonly rounds = new Rounds(() => this.round());
  private readonly underWay = new Set<Promise<void>>();
  private readonly stopping = new AbortController();
  /** Keys of the polls of this build: what a newer one knows is left to that. */
  private readonly known: string;

  constructor(
    private readonly environment: Environment,
    private readonly em: EntityManager,
    private readonly reads: HotReads,
    private readonly credentials: CredentialResolver,
    private readonly polls: PollStore,
    private readonly failures: PollFailures,
    @Inject(TRIGGER_CATALOGUE) private readonly catalogue: TriggerCatalogue,
  ) {
    this.known = textArray([...catalogue.values()].filter(({ mode }) => mode === 'poll').map(({ key }) => key));
  }

  onApplicationBootstrap(): void {
    if (this.environment.executesRuns) this.rounds.start();
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
      if (free === 0) return Infinity;
      const [next] = await this.reads.rows<{ wait: number }>(nextDue, [this.known]);
      if (!next || next.wait > 0) return Math.max(1, next?.wait ?? Infinity);
      const claimed = await this.em.fork().execute<ClaimedPoll[]>(claim, [this.known, free]);
      for (const row of claimed) {
        const poll = this.poll(row).finally(() => {
          this.underWay.delete(poll);
          // There is room for another one, and it may have more to read itself.
          this.rounds.wake();
        });
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
    let outcome: 'done' | 'failed' | 'given_back' = 'done';
    try {
      await this.polls.store(row, await this.ask(row));
    } catch (error) {
      outcome = this.stopping.signal.aborted ? 'given_back' : 'failed';
      if (this.stopping.signal.aborted) await this.failures.handBack(row).catch(() => {});
      else await this.failures.record(row, error).catch((failed: unknown) => this.report(row, failed));
    } finally {
      polls.add({ trigger_type: row.trigger_type, outcome });
    }
  }

  private async ask(row: ClaimedPoll): Promise<Found> {
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
    return this.credentials.use(request, async (access) => foundBy(await type.poll(access, about)));
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
