import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { EntityManager } from '@mikro-orm/postgresql';
import {
  type BeforeApplicationShutdown,
  Inject,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
  type Type,
} from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { fromKysely, type Job as StoredJob, type JobResult, PgBoss } from 'pg-boss';
import { Environment } from '../config/environment.js';
import { asDatabaseUnavailable, DatabaseUnavailableError } from '../database/database.errors.js';
import { Database } from '../database/open-database.js';
import { type JsonObject } from '../json.js';
import { bossOptions, DEAD_LETTERS, deadLetterOptions, queueOptions, workOptions } from './boss-options.js';
import { type Job } from './define-job.js';
import { slowRead } from '../metrics/slow-read.js';
import { inSpan } from '../tracing/tracing.js';
import { jobDuration, jobSpan, storedJobs } from './job-metrics.js';
import { type DeadJob, deadJobOf, type JobProcess, processOf, type QueueState, queueStateOf } from './job-views.js';

/** DI token of the list of all jobs. */
export const JOB_LIST = Symbol('job list');

export interface EnqueueOptions {
  /** The transaction that the job belongs to: it exists if and when that commits. Without it the job exists at once. */
  readonly em?: EntityManager;
  /** Not before this moment, by the clock of the database. */
  readonly startAfter?: Date;
  /** At most one job with this key waits; another is not added. */
  readonly singletonKey?: string;
}

/** Of the jobs that wait in a queue, so many are looked through for the one that has waited longest. */
const LOOKED_AT = 100;
const RETRY_START_MS = 2_000;
/** How long a request, which may hold a transaction, waits for jobs to be started. */
const START_PATIENCE_MS = 3_000;
/** How long a process that stops lets its jobs go on; what is not done by then runs again elsewhere. */
const GRACE_MS = 4_000;

/**
 * Delayed and recurring work that survives restarts: jobs in the `pgboss` schema of the same database. Processes that
 * work run them; every process but an observer may add some.
 */
@Injectable()
export class Jobs implements OnApplicationBootstrap, BeforeApplicationShutdown, OnApplicationShutdown {
  private readonly log = new Logger(Jobs.name);
  private readonly boss: PgBoss;
  private readonly stopping = new AbortController();
  private started: Promise<void> = Promise.resolve();

  constructor(
    @Inject(JOB_LIST) private readonly jobs: readonly Job[],
    private readonly environment: Environment,
    private readonly em: EntityManager,
    private readonly modules: ModuleRef,
    database: Database,
  ) {
    this.boss = new PgBoss(bossOptions(database.url, environment));
    this.boss.on('error', (error) => this.report(error));
    this.boss.on('warning', ({ message, data }) => this.log.warn(data, message));
    this.watchQueues();
  }

  /** Not awaited: requests need not wait for it (a tenth of a second, longer while the database is away). */
  onApplicationBootstrap(): void {
    this.started = this.environment.isObserver ? this.lookOn() : this.start();
    // Whoever asks is told.
    this.started.catch(() => {});
  }

  /**
   * Adds a job. Waits while jobs are not started yet, a moment after the process itself.
   * @returns false when one with the same `singletonKey` waits already
   * @throws DatabaseUnavailableError
   */
  async enqueue<Payload extends JsonObject>(
    job: Job<Payload>,
    payload: Payload,
    { em, startAfter, singletonKey }: EnqueueOptions = {},
  ): Promise<boolean> {
    await this.isStarted();
    const id = await this.boss.send(job.name, payload, {
      ...(startAfter && { startAfter }),
      // Queues allow one waiting job for each key; a job that needs none gets one of its own.
      singletonKey: singletonKey ?? randomUUID(),
      ...(em && { db: fromKysely(em.getKysely()) }),
    });
    return id !== null;
  }

  /** Every queue, by name, with the jobs that wait in it. Counts are at most a minute old. @throws DatabaseUnavailableError */
  queues(): Promise<QueueState[]> {
    return this.asked(async () => {
      const states: QueueState[] = [];
      for (const { name } of await this.boss.getQueues()) {
        // Nobody works on the one, and the others are pg-boss's own.
        if (name === DEAD_LETTERS || name.startsWith('__')) continue;
        const [counts] = await this.boss.getQueueStats(name, { force: true });
        const waiting = await this.boss.findJobs(name, { queued: true, limit: LOOKED_AT });
        states.push(queueStateOf(name, counts, waiting));
      }
      return states;
    });
  }

  /** Processes that have jobs, or could add some; those that ended orderly are not among them. @throws DatabaseUnavailableError */
  processes(): Promise<JobProcess[]> {
    return this.asked(async () => {
      const instances = await this.boss.getInstances();
      return instances.filter(({ stoppedOn }) => stoppedOn === null).map(processOf);
    });
  }

  /**
   * Jobs that have failed for good, the oldest first.
   * @param after id of the last one of the page before
   * @returns undefined when there is no such job any more
   * @throws DatabaseUnavailableError
   */
  deadJobs({ limit, after }: { limit: number; after?: string }): Promise<DeadJob[] | undefined> {
    return this.asked(async () => {
      // An observer may be there before the first process that makes queues.
      if (!(await this.boss.getQueue(DEAD_LETTERS))) return [];
      if (after !== undefined && !(await this.isDead(after))) return undefined;
      const page = { queued: true, limit, ...(after !== undefined && { after }) };
      const jobs = await this.boss.findJobs<JsonObject>(DEAD_LETTERS, page);
      return jobs.map(deadJobOf);
    });
  }

  /**
   * Has a job that has failed for good done again, as a new one.
   * @returns `gone` when there is no such job; `waits` when one with its key waits already, which then does its work
   * @throws DatabaseUnavailableError
   */
  redrive(id: string): Promise<'redriven' | 'waits' | 'gone'> {
    return this.asked(async () => {
      if (!(await this.isDead(id))) return 'gone';
      return (await this.boss.redrive(DEAD_LETTERS, { ids: [id] })) > 0 ? 'redriven' : 'waits';
    });
  }

  private async isDead(id: string): Promise<boolean> {
    return (await this.boss.findJobs(DEAD_LETTERS, { id, queued: true, limit: 1 })).length > 0;
  }

  private async asked<Result>(work: () => Promise<Result>): Promise<Result> {
    try {
      await this.isStarted();
      return await work();
    } catch (error) {
      throw asDatabaseUnavailable(error) ?? error;
    }
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    await this.started.catch(() => {});
    // Its connections stay: requests and runs that are still ending may add jobs.
    await this.boss.stop({ timeout: GRACE_MS, close: false });
  }

  async onApplicationShutdown(): Promise<void> {
    await this.boss.stop();
  }

  private async isStarted(): Promise<void> {
    const patience = new AbortController();
    const late = delay(START_PATIENCE_MS, 'late', { signal: patience.signal }).catch(() => {});
    const first = await Promise.race([this.started, late]).finally(() => patience.abort());
    if (first === 'late') throw new DatabaseUnavailableError('jobs are not started yet');
  }

  private async start(): Promise<void> {
    while (!this.stopping.signal.aborted) {
      try {
        await this.boss.start();
        await this.createQueues();
        if (this.environment.executesRuns) await this.work();
        return;
      } catch (error) {
        this.report(error);
        await delay(RETRY_START_MS, undefined, { signal: this.stopping.signal }).catch(() => {});
      }
    }
  }

  /** Makes no queues, and does not wait until it could: a command is there for a moment. */
  private async lookOn(): Promise<void> {
    await this.boss.start();
  }

  private async createQueues(): Promise<void> {
    const known = new Set((await this.boss.getQueues()).map(({ name }) => name));
    // First: the others name it.
    if (!known.has(DEAD_LETTERS)) await this.boss.createQueue(DEAD_LETTERS, deadLetterOptions);
    for (const { name } of this.jobs) {
      if (known.has(name)) await this.boss.updateQueue(name, queueOptions);
      else await this.boss.createQueue(name, { ...queueOptions, policy: 'short' });
    }
  }

  private async work(): Promise<void> {
    const schedules = new Map(this.jobs.flatMap(({ name, schedule }) => (schedule ? [[name, schedule]] : [])));
    for (const { name } of await this.boss.getSchedules()) {
      if (!schedules.has(name)) await this.boss.unschedule(name);
    }
    for (const [name, cron] of schedules) await this.boss.schedule(name, cron, {});
    for (const job of this.jobs) {
      await this.boss.work<JsonObject, JobResult[], typeof workOptions>(job.name, workOptions, (batch) =>
        Promise.all(batch.map((stored) => this.run(job, stored))),
      );
    }
  }

  private async run(job: Job, stored: StoredJob<JsonObject>): Promise<JobResult> {
    const began = performance.now();
    const result = await this.handle(job, stored);
    const outcome = result.status === 'completed' ? 'completed' : 'failed';
    jobDuration.observe({ job: job.name, outcome }, (performance.now() - began) / 1_000);
    return result;
  }

  private async handle(job: Job, { id, data, signal }: StoredJob<JsonObject>): Promise<JobResult> {
    const context = {
      em: this.em.fork(),
      signal,
      get: <T>(type: Type<T>) => this.modules.get(type, { strict: false }),
    };
    try {
      await inSpan(
        () => jobSpan(job.name),
        () => job.handle(data, context),
      );
      return { id, status: 'completed' };
    } catch (error) {
      this.log.error({ err: error, job: job.name, job_id: id }, 'A job failed; it is tried again');
      return { id, status: 'failed', output: { message: (error as Error).message } };
    }
  }

  /** The numbers are those of the last look that pg-boss took itself. */
  private watchQueues(): void {
    const read = slowRead(async () => new Map((await this.boss.getQueues()).map((queue) => [queue.name, queue])));
    for (const { name: job } of this.jobs) {
      storedJobs.read({ job, state: 'waiting' }, async () => (await read())?.get(job)?.queuedCount);
      storedJobs.read({ job, state: 'active' }, async () => (await read())?.get(job)?.activeCount);
      storedJobs.read({ job, state: 'failed' }, async () => (await read())?.get(job)?.failedCount);
    }
  }

  /** While the database is away every poll fails, and others say so already. */
  private report(error: unknown): void {
    if (asDatabaseUnavailable(error)) this.log.debug({ err: error }, 'Jobs wait for the database');
    else this.log.error({ err: error }, 'Jobs');
  }
}
