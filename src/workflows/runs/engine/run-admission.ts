import { IsolationLevel } from '@mikro-orm/core';
import { EntityManager, type SqlEntityManager } from '@mikro-orm/postgresql';
import { Injectable, Logger } from '@nestjs/common';
import { advisoryLocks } from '../../../common/database/advisory-locks.js';
import { asDatabaseUnavailable } from '../../../common/database/database.errors.js';
import { retryDeadlocks } from '../../../common/database/deadlocks.js';
import { ConcurrencyLimitError } from '../run.errors.js';
import * as statements from './admission-statements.js';
import { cancelRuns } from './cancel-runs.js';
import { GroupCommitter } from './group-committer.js';
import { type NewRun, type RunConcurrency, runRow } from './rows.js';
import { RunNotices } from './run-notices.js';

/** Keys whose runs are let in together: each holds a lock of the database's shared table of about 6,000. */
const MOST_KEYS = 100;
/** Keys that one look goes through; with more of them waiting, the next look goes on from there. */
const LOOKED_THROUGH = 500;

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
    const { key, onLimit } = concurrency;
    const cancelled = await this.locked([key], async (em) => {
      if (onLimit === 'drop' && (await isFull(em, concurrency))) {
        if (await isKnown(em, run)) return undefined;
        throw new ConcurrencyLimitError(concurrency.limit);
      }
      const row = `[${runRow(run, undefined, undefined)}]`;
      const inserted = await em.execute<unknown[]>(statements.insertRuns, [row, row]);
      if (inserted.length === 0) return undefined;
      const gone = onLimit === 'cancel_running' ? await makeRoom(em, run.runId, concurrency) : [];
      await admit(em, [key]);
      return gone;
    });
    if (!cancelled) return false;
    this.notices.cancelled(cancelled);
    this.announce();
    return true;
  }

  /** @throws DatabaseUnavailableError */
  private async locked<Result>(keys: string[], act: (em: SqlEntityManager) => Promise<Result>): Promise<Result> {
    try {
      return await retryDeadlocks(() =>
        this.em.fork().transactional(
          async (em) => {
            await em.execute(statements.lockKeys, [advisoryLocks.runConcurrency, JSON.stringify(keys)]);
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
