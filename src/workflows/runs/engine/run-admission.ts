import { IsolationLevel } from '@mikro-orm/core';
import { EntityManager, type SqlEntityManager } from '@mikro-orm/postgresql';
import { Injectable, Logger } from '@nestjs/common';
import { advisoryLocks } from '../../../common/database/advisory-locks.js';
import { asDatabaseUnavailable } from '../../../common/database/database.errors.js';
import { retryDeadlocks } from '../../../common/database/deadlocks.js';
import { ConcurrencyLimitError } from '../run.errors.js';
import * as statements from './admission-statements.js';
import { insertRuns } from './commit-statement.js';
import { EventLedger } from './event-ledger.js';
import { GroupCommitter } from './group-committer.js';
import { makeRoom } from './make-room.js';
import { type NewRun, type RunConcurrency, runRow } from './rows.js';
import { countStarted } from './run-metrics.js';
import { RunBroadcasts } from './run-broadcasts.js';

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

/** A run that does not wait at the limit of its key. */
type LimitedRun = NewRun & { readonly concurrency: RunConcurrency };

/** uuids of runs that have a place, of those that are kept out, and of those that made room for others. */
interface Entered {
  readonly fresh: Set<string>;
  readonly full: Set<string>;
  readonly cancelled: string[];
}

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
    private readonly broadcasts: RunBroadcasts,
    private readonly ledger: EventLedger,
  ) {
    // Of which key the run was, nobody tells.
    this.broadcasts.onCancelled(() => this.look());
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
    if (isLimited(run)) return this.enterAlone(run);
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
    const others = runs.filter(isLimited);
    if (others.length > 0) await lockKeys(em, keysOf(others));
    const { fresh, full, cancelled } = await this.enterLocked(em, others);
    for (const runId of fresh) inserted.add(runId);
    const committed = (): void => {
      for (const { runId, source } of runs) if (inserted.has(runId)) countStarted(source);
      if (cancelled.length > 0) this.broadcasts.cancelled(cancelled);
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
  private async enterAlone(run: LimitedRun): Promise<boolean> {
    const { key, limit } = run.concurrency;
    const { fresh, full, cancelled } = await this.locked([key], (em) => this.enterLocked(em, [run]));
    if (full.size > 0) throw new ConcurrencyLimitError(limit);
    if (fresh.size === 0) return false;
    countStarted(run.source);
    this.broadcasts.cancelled(cancelled);
    this.announce();
    return true;
  }

  /** Their keys are locked. Those with different keys go together, those with the same one after the other. */
  private async enterLocked(em: SqlEntityManager, runs: readonly LimitedRun[]): Promise<Entered> {
    const entered: Entered = { fresh: new Set(), full: new Set(), cancelled: [] };
    /** Keys that nobody makes room in any more. */
    const closed = new Set<string>();
    for (let left = runs; left.length > 0;) {
      const firsts = new Map(left.toReversed().map((run) => [run.concurrency.key, run]));
      const turn = left.filter((run) => firsts.get(run.concurrency.key) === run);
      await this.enterTurn(em, turn, closed, entered);
      left = left.filter((run) => firsts.get(run.concurrency.key) !== run);
    }
    return entered;
  }

  private async enterTurn(
    em: SqlEntityManager,
    turn: readonly LimitedRun[],
    closed: Set<string>,
    { fresh, full, cancelled }: Entered,
  ): Promise<void> {
    const droppable = turn.filter(({ concurrency: { key, onLimit } }) => onLimit === 'drop' && !closed.has(key));
    for (const key of await fullKeys(em, droppable)) closed.add(key);
    const entering: LimitedRun[] = [];
    for (const run of turn) {
      if (run.concurrency.onLimit !== 'drop' || !closed.has(run.concurrency.key)) entering.push(run);
      else if (!(await isKnown(em, run))) full.add(run.runId);
    }
    const inserted = new Set(await this.insert(em, entering));
    const made = entering.filter(({ runId }) => inserted.has(runId));
    const replacing = made.filter(({ concurrency }) => concurrency.onLimit === 'cancel_running');
    const crowded = await fullKeys(em, replacing, 1);
    for (const { runId, concurrency } of replacing) {
      if (crowded.has(concurrency.key)) cancelled.push(...(await makeRoom(em, runId, concurrency)));
    }
    if (made.length > 0) await admit(em, keysOf(made));
    for (const { runId } of made) fresh.add(runId);
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
    this.broadcasts.tell('queued');
  }
}

function isLimited(run: NewRun): run is LimitedRun {
  return run.concurrency !== undefined && run.concurrency.onLimit !== 'queue';
}

function keysOf(runs: readonly LimitedRun[]): string[] {
  return [...new Set(runs.map(({ concurrency }) => concurrency.key))];
}

async function lockKeys(em: SqlEntityManager, keys: readonly string[]): Promise<void> {
  await em.execute(statements.lockKeys, [advisoryLocks.runConcurrency, JSON.stringify(keys)]);
}

async function admit(em: SqlEntityManager, keys: readonly string[]): Promise<number> {
  return (await em.execute<unknown[]>(statements.admit, [JSON.stringify(keys)])).length;
}

/** @param more by how many runs than its limit a key must have to be among them */
async function fullKeys(em: SqlEntityManager, runs: readonly LimitedRun[], more = 0): Promise<Set<string>> {
  if (runs.length === 0) return new Set();
  const keys = runs.map(({ concurrency: { key, limit } }) => ({ key, most: limit + more }));
  const rows = await em.execute<{ key: string }[]>(statements.fullKeys, [JSON.stringify(keys)]);
  return new Set(rows.map(({ key }) => key));
}

async function isKnown(em: SqlEntityManager, { userId, idempotency, parent }: NewRun): Promise<boolean> {
  if (!idempotency && !parent) return false;
  const [row] = await em.execute<[{ known: boolean }]>(statements.isKnown, [
    userId,
    idempotency?.key ?? null,
    parent?.runId ?? null,
    parent?.path ?? null,
  ]);
  return row.known;
}
