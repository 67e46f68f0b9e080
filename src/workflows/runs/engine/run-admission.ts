import { IsolationLevel } from '@mikro-orm/core';
import { EntityManager, type SqlEntityManager } from '@mikro-orm/postgresql';
import { Injectable, Logger } from '@nestjs/common';
import { advisoryLocks } from '../../../common/database/advisory-locks.js';
import { asDatabaseUnavailable } from '../../../common/database/database.errors.js';
import { retryDeadlocks } from '../../../common/database/deadlocks.js';
import { ConcurrencyLimitError } from '../run.errors.js';
import * as statements from './admission-statements.js';
import { cancelRuns } from './cancel-runs.js';
import { insertRuns } from './commit-statement.js';
import { EventLedger } from './event-ledger.js';
import { GroupCommitter } from './group-committer.js';
import { type NewRun, type RunConcurrency, runRow } from './rows.js';
import { RunNotices } from './run-notices.js';

/** Keys whose runs are let in together: each holds a lock of the database's shared table of about 6,000. */
const MOST_KEYS = 100;
/** Keys that one look goes through; with more of them waiting, the next look goes on from there. */
const LOOKED_THROUGH = 500;

/** What became of runs that were to be put into the queue. */
export interface Enqueued {
  /** uuids. */
  readonly inserted: ReadonlySet<string>;
  /** Kept out by the limit of their concurrency key. */
  readonly full: ReadonlySet<string>;
  /** To be called when the transaction is committed. */
  readonly committed: () => void;
}

const replaced = 'A newer run with the same concurrency key took its place (settings.concurrency.on_limit).';

/**
 * The way into the queue. A run without a concurrency key goes straight in. One with a key is held back until it has a
 * place within the limit, which it keeps until it is over: through pauses, crashes and whatever else puts it into the
 * queue again. From then on it is a run like any other. Places are counted, not booked, so none can get lost; they are
 * given under a lock of the key, so none is given twice.
 */
@Injectable()
export class RunAdmission {
  private readonly log = new Logger(RunAdmission.name);
  private readonly whenQueued: (() => void)[] = [];
  /** Keys of which a place may be free. */
  private readonly asked = new Set<string>();
  private lookAsked = false;
  private lookedUntil = '';
  private serving: Promise<void> | undefined;

  constructor(
    private readonly em: EntityManager,
    private readonly committer: GroupCommitter,
    private readonly notices: RunNotices,
    private readonly ledger: EventLedger,
  ) {
    // Of which key the run was, nobody tells.
    this.notices.onCancelled(() => this.look());
  }

  /** Called when there is a queued run that was not there before. */
  onQueued(listener: () => void): void {
    this.whenQueued.push(listener);
  }

  /**
   * Puts a new run into the queue, as its concurrency key allows. It is durable then.
   * @returns false when there is such a run already: its idempotency key was taken, or it is a child that exists.
   * @throws ConcurrencyLimitError, DatabaseUnavailableError
   */
  async enqueue(run: NewRun): Promise<boolean> {
    const { concurrency } = run;
    if (concurrency && concurrency.onLimit !== 'queue') return this.enterAlone(run, concurrency);
    if (!(await this.committer.commit({ kind: 'new', run, steps: [] }))) return false;
    this.entered(concurrency?.key ?? null);
    return true;
  }

  /**
   * Puts new runs into the queue as part of a transaction of the caller's, which may have to be repeated after a deadlock.
   * Of a run whose limit is reached and that is not to wait, nothing is written.
   * @returns the uuids of those that are new; what to do when the transaction is committed; those that the limit keeps out
   */
  async enqueueIn(em: SqlEntityManager, runs: readonly NewRun[]): Promise<Enqueued> {
    const waiting = runs.filter(({ concurrency }) => !concurrency || concurrency.onLimit === 'queue');
    const inserted = new Set(await this.insert(em, waiting));
    const keys = new Set(waiting.map(({ concurrency }) => concurrency?.key ?? null));
    const full = new Set<string>();
    const cancelled: string[] = [];
    const others = runs.filter(({ concurrency }) => concurrency && concurrency.onLimit !== 'queue');
    const otherKeys = [...new Set(others.map(({ concurrency }) => concurrency!.key))];
    if (otherKeys.length > 0) await lockKeys(em, otherKeys);
    for (const run of others) {
      const entered = await this.enterLocked(em, run, run.concurrency!);
      if (entered === 'full') full.add(run.runId);
      else if (entered !== 'known') {
        inserted.add(run.runId);
        cancelled.push(...entered);
      }
    }
    const committed = (): void => {
      if (cancelled.length > 0) this.notices.cancelled(cancelled);
      if (others.length > 0) this.announce();
      for (const key of keys) this.entered(key);
    };
    return { inserted, full, committed };
  }

  /** A new run with this concurrency key, or without one, is in the database. */
  entered(key: string | null): void {
    if (key === null) this.announce();
    else this.next(key);
  }

  /** Whether a run, or one of those above it, has this key. */
  async holds(runId: string, key: string): Promise<boolean> {
    const [row] = await this.em.fork().execute<[{ holds: boolean }]>(statements.holdsKey, [runId, key]);
    return row.holds;
  }

  /** A place of this key may be free: soon the runs that have waited longest for it are let in. */
  next(key: string): void {
    this.asked.add(key);
    this.serving ??= this.serve();
  }

  /** Places may be free anywhere: finds what a process left undone that died, or that nobody told of. */
  look(): void {
    this.lookAsked = true;
    this.serving ??= this.serve();
  }

  /** Resolves when all that was asked for is done. */
  async settled(): Promise<void> {
    await this.serving;
  }

  /** One at a time: what is asked for meanwhile goes together. */
  private async serve(): Promise<void> {
    try {
      while (this.lookAsked || this.asked.size > 0) {
        if (this.lookAsked) await this.findPlaces();
        const keys = [...this.asked].slice(0, MOST_KEYS);
        for (const key of keys) this.asked.delete(key);
        if (keys.length > 0) await this.letIn(keys);
      }
    } catch (error) {
      // The next look finds it.
      if (!asDatabaseUnavailable(error)) this.log.error({ err: error }, 'Runs were not let in');
    } finally {
      this.serving = undefined;
    }
  }

  private async findPlaces(): Promise<void> {
    this.lookAsked = false;
    const [found] = await this.em
      .fork()
      .execute<[{ free: string[]; seen: number; last: string | null }]>(statements.findPlaces, [
        this.lookedUntil,
        LOOKED_THROUGH,
      ]);
    this.lookedUntil = (found.seen === LOOKED_THROUGH && found.last) || '';
    for (const key of found.free) this.asked.add(key);
  }

  private async letIn(keys: string[]): Promise<void> {
    const admitted = await this.locked(keys, (em) => admit(em, keys));
    if (admitted > 0) this.announce();
  }

  /** What a start that may be refused, or that cancels others, finds out and does about its key is one transaction. */
  private async enterAlone(run: NewRun, concurrency: RunConcurrency): Promise<boolean> {
    const entered = await this.locked([concurrency.key], (em) => this.enterLocked(em, run, concurrency));
    if (entered === 'full') throw new ConcurrencyLimitError(concurrency.limit);
    if (entered === 'known') return false;
    this.notices.cancelled(entered);
    this.announce();
    return true;
  }

  /**
   * The key is locked. @returns the runs that are cancelled so that this one has a place; or why it is not entered: it is
   * there already, or the limit is reached
   */
  private async enterLocked(
    em: SqlEntityManager,
    run: NewRun,
    concurrency: RunConcurrency,
  ): Promise<string[] | 'full' | 'known'> {
    if (concurrency.onLimit === 'drop' && (await isFull(em, concurrency))) {
      return (await isKnown(em, run)) ? 'known' : 'full';
    }
    if ((await this.insert(em, [run])).length === 0) return 'known';
    const gone = concurrency.onLimit === 'cancel_running' ? await makeRoom(em, run.runId, concurrency) : [];
    await admit(em, [concurrency.key]);
    return gone;
  }

  /** @returns the uuids of those that are new indeed */
  private async insert(em: SqlEntityManager, runs: readonly NewRun[]): Promise<string[]> {
    if (runs.length === 0) return [];
    const rows = runs.map((run) => runRow(run, undefined, undefined));
    const events = runs.flatMap(({ event }) => (event ? [event.row] : []));
    const statement = insertRuns(events.length > 0 ? this.ledger.enter : undefined);
    const inserted = await em.execute<{ run_id: string }[]>(statement, [
      `[${rows.join(',')}]`,
      `[${events.join(',')}]`,
    ]);
    return inserted.map(({ run_id: runId }) => runId);
  }

  /** @throws DatabaseUnavailableError */
  private async locked<Result>(keys: string[], act: (em: SqlEntityManager) => Promise<Result>): Promise<Result> {
    try {
      return await retryDeadlocks(() =>
        this.em.fork().transactional(
          async (em) => {
            await lockKeys(em, keys);
            return act(em);
          },
          // What follows the lock must see what the last holder committed, whatever the database's default is.
          { isolationLevel: IsolationLevel.READ_COMMITTED },
        ),
      );
    } catch (error) {
      throw asDatabaseUnavailable(error) ?? error;
    }
  }

  private announce(): void {
    for (const listener of this.whenQueued) listener();
    this.notices.tell('queued');
  }
}

async function lockKeys(em: SqlEntityManager, keys: readonly string[]): Promise<void> {
  await em.execute(statements.lockKeys, [advisoryLocks.runConcurrency, JSON.stringify(keys)]);
}

async function admit(em: SqlEntityManager, keys: readonly string[]): Promise<number> {
  return (await em.execute<unknown[]>(statements.admit, [JSON.stringify(keys)])).length;
}

async function isFull(em: SqlEntityManager, { key, limit }: RunConcurrency): Promise<boolean> {
  const [row] = await em.execute<[{ full: boolean }]>(statements.isFull, [limit, key, key, limit]);
  return row.full;
}

async function isKnown(em: SqlEntityManager, { userId, idempotency, parent }: NewRun): Promise<boolean> {
  const [row] = await em.execute<[{ known: boolean }]>(statements.isKnown, [
    userId,
    idempotency?.key ?? null,
    parent?.runId ?? null,
    parent?.path ?? null,
  ]);
  return row.known;
}

/** @returns the runs that are cancelled so that this one has a place */
function makeRoom(em: SqlEntityManager, runId: string, { key, limit }: RunConcurrency): Promise<string[]> {
  return cancelRuns(em, {
    where: statements.oldestOfKey,
    values: [key, key, runId, limit - 1],
    error: replaced,
  });
}
