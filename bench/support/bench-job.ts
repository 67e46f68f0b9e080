import { type BenchDatabases } from './bench-database.js';
import { type Result } from './statistics.js';

export interface BenchContext {
  readonly databases: BenchDatabases;
  /** How long each point is measured. */
  readonly seconds: number;
  /** Clients at a time. */
  readonly concurrency: readonly number[];
}

/** A standard job: what is measured, and how. */
export interface BenchJob {
  readonly name: string;
  readonly about: string;
  /** Jobs that do the same by other means. */
  readonly peers?: readonly string[];
  run(context: BenchContext): AsyncIterable<Result>;
}
