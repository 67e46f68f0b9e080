import { EntityManager, type SqlEntityManager } from '@mikro-orm/postgresql';
import { type BeforeApplicationShutdown, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { Environment } from '../../common/config/environment.js';
import { asDatabaseUnavailable } from '../../common/database/database.errors.js';
import { retryDeadlocks } from '../../common/database/deadlocks.js';
import { dateOf } from '../../common/database/sql-date.js';
import { faultPoint } from '../../common/fault-point.js';
import { makePublicId } from '../../common/public-id.js';
import { type EndedRun, RunEndings } from '../../workflows/index.js';
import { Rounds } from '../rounds.js';
import { type FinishedConfig, MOST_HOPS } from '../types/workflow-finished.trigger.js';
import {
  type ActiveSubscription,
  ActiveSubscriptions,
  activeSubscriptions,
  subscriptionColumns,
  type SubscriptionRow,
} from './active-subscription.js';
import { EventIntake } from './event-intake.js';
import { type Occurrence } from './prepare-event.js';

const BATCH = 100;

interface WatcherRow extends SubscriptionRow {
  watched_id: string;
}

/** Makes events of runs that have ended: word of them is taken away in the transaction that records the events. */
@Injectable()
export class FinishedRuns implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly log = new Logger(FinishedRuns.name);
  private readonly rounds = new Rounds(() => this.round());

  constructor(
    private readonly environment: Environment,
    private readonly em: EntityManager,
    private readonly endings: RunEndings,
    private readonly subscriptions: ActiveSubscriptions,
    private readonly intake: EventIntake,
  ) {}

  onApplicationBootstrap(): void {
    if (this.environment.executesRuns) this.rounds.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.rounds.stop();
  }

  private async round(): Promise<number> {
    try {
      if (!(await this.endings.areThere())) return Infinity;
      return (await retryDeadlocks(() => this.take())) > 0 ? 0 : Infinity;
    } catch (error) {
      if (!asDatabaseUnavailable(error)) this.log.error({ err: error }, 'Ends of runs could not be told');
      return Infinity;
    }
  }

  /** @returns how many */
  private async take(): Promise<number> {
    const done = await this.em.fork().transactional(async (em) => {
      const ended = await this.endings.take(em, BATCH);
      if (ended.length === 0) return undefined;
      faultPoint('before-events');
      const { committed } = await this.intake.record(em, await this.eventsOf(em, ended));
      return { committed, count: ended.length };
    });
    if (!done) return 0;
    faultPoint('after-events');
    done.committed();
    return done.count;
  }

  private async eventsOf(
    em: SqlEntityManager,
    ended: readonly EndedRun[],
  ): Promise<(readonly [ActiveSubscription, Occurrence])[]> {
    const watchers = await em.execute<WatcherRow[]>(
      `select ${subscriptionColumns}, ww.workflow_id as watched_id
       from workflow_watch ww join ${activeSubscriptions} on s.subscription_id = ww.watch_id and s.enabled
       where ww.workflow_id = any(array(select value::bigint from json_array_elements_text(?::json)))`,
      [JSON.stringify([...new Set(ended.map(({ workflow_id: id }) => String(id)))])],
    );
    const events: (readonly [ActiveSubscription, Occurrence])[] = [];
    for (const watcher of watchers) {
      const { statuses } = watcher.config as FinishedConfig;
      const wanted = ended.filter(
        (run) => String(run.workflow_id) === String(watcher.watched_id) && statuses.includes(run.status),
      );
      if (wanted.length === 0) continue;
      const subscription = await this.subscriptions.withTarget(watcher);
      for (const run of wanted) events.push([subscription, occurrenceOf(run)]);
    }
    return events;
  }
}

function occurrenceOf(run: EndedRun): Occurrence {
  const runId = makePublicId('run', run.run_id);
  const completedAt = dateOf(run.completed_at);
  const hops = run.hops + 1;
  return {
    data: {
      run_id: runId,
      workflow_id: makePublicId('workflow', run.workflow_uuid),
      version_number: run.version_number,
      status: run.status,
      source: run.source,
      outputs: run.outputs,
      error: run.error,
      error_detail: run.error_detail,
      created_at: dateOf(run.created_at).toISOString(),
      started_at: dateOf(run.started_at)?.toISOString() ?? null,
      completed_at: completedAt.toISOString(),
    },
    key: { run_id: runId },
    occurredAt: completedAt,
    hops,
    ...(hops > MOST_HOPS && {
      skipped: `${MOST_HOPS} runs have started one another by their ends: the chain ends here.`,
    }),
  };
}
