import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import pg from 'pg';
import { asDatabaseUnavailable } from '../../../common/database/database.errors.js';
import { retryDeadlocks } from '../../../common/database/deadlocks.js';
import { Doors } from '../../../common/database/walls/doors.js';
import { Database } from '../../../common/database/open-database.js';
import { preparePool } from '../../../common/database/prepare-pool.js';
import { commitStatement, type Part, partNames } from './commit-statement.js';
import { EventLedger } from './event-ledger.js';
import { commitDuration, commits, commitSize, countStarted } from './run-metrics.js';
import {
  type Claim,
  endRow,
  isEnd,
  type NewRun,
  pauseRow,
  type RunOutcome,
  runRow,
  type StepRow,
  stepRow,
  type UseRow,
  useRow,
} from './rows.js';

/** One durable write of one run. Its `uses` are recorded even if the rest of it is refused. */
export type Write = { uses?: readonly UseRow[] } &
  /** A new run, with all that is known of it so far. @returns false when its idempotency key was taken. */
  (
    | { kind: 'new'; run: NewRun; claim?: Claim; steps: StepRow[]; outcome?: RunOutcome }
    /** Progress of a run we hold. @returns false when we hold it no longer. */
    | { kind: 'progress'; runId: string; fence: number; steps: StepRow[]; outcome?: RunOutcome; parentId?: string }
  );

interface Waiting {
  write: Write;
  resolve(reached: boolean): void;
  reject(error: Error): void;
}

/** Connections of the committer's own; measured: one, two or four make no difference but to a slow disk. */
const CONNECTIONS = 2;
const MAX_BATCH = 500;
/**
 * A plan is made once, while tables are small, for batches of a hundred rows, and would scan the tables for ever: these
 * make it find rows by key (measured: with a thousand runs, a step took 1.1 ms of PostgreSQL's time instead of 0.1).
 */
const planner = {
  enable_seqscan: 'off',
  enable_hashjoin: 'off',
  enable_mergejoin: 'off',
  enable_bitmapscan: 'off',
  enable_material: 'off',
  random_page_cost: '0',
  cpu_operator_cost: '0.00001',
};

/**
 * Makes the writes of concurrent runs durable together. Writes wait until one of the connections is free, then all
 * that wait go in one statement; there is no timer, so a lone write is not delayed and a load forms its own batches.
 */
@Injectable()
export class GroupCommitter implements OnApplicationShutdown {
  private queue: Waiting[] = [];
  private free = CONNECTIONS;
  private armed = false;
  private readonly pool: pg.Pool;

  constructor(
    database: Database,
    doors: Doors,
    private readonly ledger: EventLedger,
  ) {
    const pool = new pg.Pool({
      connectionString: database.url,
      max: CONNECTIONS,
      application_name: 'seer commit',
    });
    // One statement commits for many users.
    const engineOnly = { ...doors, api: undefined };
    this.pool = preparePool(pool, { name: 'commits', doors: engineOnly, settings: planner });
  }

  /**
   * Resolves when the write is durable: true if it was done, false if it was refused (see {@link Write}).
   * @throws DatabaseUnavailableError when it may not be durable.
   */
  commit(write: Write): Promise<boolean> {
    return new Promise((resolve, reject) => {
      this.queue.push({ write, resolve, reject });
      this.arm();
    });
  }

  /** Called last: runs that are still draining commit until then. */
  async onApplicationShutdown(): Promise<void> {
    await this.pool.end();
  }

  /** Everything that becomes ready in this turn of the event loop rides in the same batch. */
  private arm(): void {
    if (this.armed || this.free === 0 || this.queue.length === 0) return;
    this.armed = true;
    setImmediate(() => {
      this.armed = false;
      void this.flush();
    });
  }

  private async flush(): Promise<void> {
    if (this.free === 0 || this.queue.length === 0) return;
    const [batch, later] = inOneStatement(this.queue.splice(0, MAX_BATCH));
    this.queue.unshift(...later);
    this.free -= 1;
    this.arm();
    await this.send(batch);
    this.free += 1;
    this.arm();
  }

  private async send(batch: Waiting[]): Promise<void> {
    const began = performance.now();
    try {
      const reached = await retryDeadlocks(() => this.execute(batch));
      countDone(batch, reached, performance.now() - began);
      for (const { write, resolve } of batch) resolve(reached(write));
    } catch (error) {
      const unavailable = asDatabaseUnavailable(error);
      commits.add({ outcome: unavailable ? 'unavailable' : 'refused' });
      if (unavailable) for (const { reject } of batch) reject(unavailable);
      // One write that the database refuses must not take the others with it.
      else if (batch.length > 1) for (const one of batch) await this.send([one]);
      else batch[0]!.reject(error as Error);
    }
  }

  private async execute(batch: readonly Waiting[]): Promise<(write: Write) => boolean> {
    const rows: Record<Part, string[]> = {
      events: [],
      runs: [],
      newSteps: [],
      steps: [],
      ends: [],
      parents: [],
      pauses: [],
      uses: [],
    };
    for (const { write } of batch) addRows(rows, write);
    const present = partNames.filter((part) => rows[part].length > 0);
    const values = present.map((part) => `[${rows[part].join(',')}]`);
    const result = await this.pool.query<{ part: Part; run_id: string }>({
      ...commitStatement(present, this.ledger.enter),
      values,
    });
    const reached = new Set(result.rows.map(({ part, run_id: runId }) => `${part} ${runId}`));
    return (write) => {
      if (write.kind === 'new') return reached.has(`runs ${write.run.runId}`);
      return reached.has(`${partOf(write.outcome)} ${write.runId}`);
    };
  }
}

const done = commits.of({ outcome: 'done' });

function countDone(batch: readonly Waiting[], reached: (write: Write) => boolean, tookMs: number): void {
  done.add();
  commitSize.observe(batch.length);
  commitDuration.observe(tookMs / 1_000);
  for (const { write } of batch) if (write.kind === 'new' && reached(write)) countStarted(write.run.source);
}

/**
 * A statement updates a row once and drops any other change of it without a word: the end of a child and the pause of its
 * parent, together in one statement, would let the parent wait for ever. So of two writes that update the same run the
 * later waits for the next statement.
 */
function inOneStatement(writes: readonly Waiting[]): [now: Waiting[], later: Waiting[]] {
  const updated = new Set<string>();
  const now: Waiting[] = [];
  const later: Waiting[] = [];
  for (const waiting of writes) {
    const runIds = updatesOf(waiting.write);
    (runIds.some((runId) => updated.has(runId)) ? later : now).push(waiting);
    for (const runId of runIds) updated.add(runId);
  }
  return [now, later];
}

/** The runs whose rows a write changes; other writes only add rows. */
function updatesOf(write: Write): string[] {
  if (write.kind === 'new' || !write.outcome) return [];
  return write.parentId && isEnd(write.outcome) ? [write.runId, write.parentId] : [write.runId];
}

function addRows(rows: Record<Part, string[]>, write: Write): void {
  const runId = write.kind === 'new' ? write.run.runId : write.runId;
  for (const use of write.uses ?? []) rows.uses.push(useRow(runId, use));
  if (write.kind === 'new') {
    const { run, claim, outcome, steps } = write;
    rows.runs.push(runRow(run, claim, outcome));
    if (run.event) rows.events.push(run.event.row);
    for (const step of steps) rows.newSteps.push(stepRow(run.runId, step));
  } else {
    const { fence, outcome, steps, parentId } = write;
    for (const step of steps) rows.steps.push(stepRow(runId, step, fence));
    if (!outcome) return;
    if (isEnd(outcome)) rows.ends.push(endRow(runId, fence, outcome));
    else rows.pauses.push(pauseRow(runId, fence, outcome));
    if (parentId && isEnd(outcome)) rows.parents.push(`{"run_id":"${runId}"}`);
  }
}

/** The part of the statement that tells whether the write was done. */
function partOf(outcome: RunOutcome | undefined): Part {
  if (!outcome) return 'steps';
  return isEnd(outcome) ? 'ends' : 'pauses';
}
