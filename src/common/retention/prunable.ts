import { type EntityManager } from '@mikro-orm/postgresql';

/** How long what has been is kept, in milliseconds; null: for ever. */
export interface Retention {
  /** Runs, by how they ended; counted from their end. */
  readonly completed: number | null;
  readonly failed: number | null;
  readonly cancelled: number | null;
  /** Events, counted from when they came. */
  readonly events: number | null;
  readonly audit: number | null;
}

/** Rows that share one retention period. */
export interface RetentionRule {
  /** What it is about, such as `runs.completed`. */
  readonly what: string;
  /** Milliseconds; null: for ever. */
  readonly keep: number | null;
  /** The table, and what is true of rows whose time is over: SQL with one `?` for the moment before which it is. */
  readonly table: string;
  readonly over: string;
}

/** Something that grows with use, and of which the old goes. Each is a line in the list of its module. */
export interface Prunable {
  /** As in the report of a pass. */
  readonly name: string;
  rules(retention: Retention): readonly RetentionRule[];
  /**
   * Deletes what may go, in batches: each is one statement, so one short transaction, that passes by what others have locked.
   * Any number of processes may do this at once, and each may end at any moment.
   * @returns after each batch, how many rows went
   */
  prune(em: EntityManager, retention: Retention): AsyncIterable<number>;
}

/** The moment before which it is over; null: never. Of the process's clock, which must not be off by days. */
export function cutoff(keep: number | null): Date | null {
  return keep === null ? null : new Date(Date.now() - keep);
}
