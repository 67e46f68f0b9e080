import { type BenchDatabases } from './bench-database.js';
import { type Measured } from './load.js';
import { type Program } from './program.js';
import { type Result } from './statistics.js';

export interface BenchContext {
  readonly databases: BenchDatabases;
  /** How long each point is measured. */
  readonly seconds: number;
  /** Clients at a time. */
  readonly concurrency: readonly number[];
}

interface About {
  readonly name: string;
  readonly about: string;
  /** Jobs that do the same by other means. */
  readonly peers?: readonly string[];
}

/** A standard job that measures by itself. */
export interface SoloJob extends About {
  run(context: BenchContext): AsyncIterable<Result>;
}

/** A standard job whose rate is compared with that of others: they take turns, see `in-turns.ts`. */
export interface ComparedJob extends About {
  enter(context: BenchContext): Promise<Contender>;
}

export type BenchJob = SoloJob | ComparedJob;

/** How much to do: whatever ends first. */
export interface Wanted {
  /** Clients at a time. */
  readonly concurrency: number;
  readonly seconds?: number;
  readonly count?: number;
}

/** What does the runs of a compared job. */
export interface Contender {
  /** Where it runs, unless that is the bench itself. */
  readonly program?: Program;
  /** Where its runs are saved, if they are. */
  readonly database?: string;
  measure(wanted: Wanted): Promise<Measured>;
  /** @throws Error when what is saved is not what was answered */
  prove?(answered: number): Promise<void>;
  stop?(): Promise<void>;
}
