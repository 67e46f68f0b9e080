import { type ClientBase } from 'pg';
import { type Environment } from '../../common/config/environment.js';
import { type Database } from '../../common/database/open-database.js';

/** `warn`: Seer works, and something should be seen to. `fail`: it does not start, or breaks a promise. */
export interface Verdict {
  readonly status: 'ok' | 'warn' | 'fail' | 'skipped';
  /** What was seen, or the cause; one sentence. */
  readonly found: string;
  /** What to do about it. */
  readonly remedy?: string;
}

export interface CheckContext {
  readonly environment: Environment;
  /** Starts an embedded one that does not run. */
  openDatabase(): Promise<Database>;
}

export interface DatabaseCheckContext extends CheckContext {
  /** A connection to the database. */
  readonly client: ClientBase;
}

interface CheckOf<NeedsDatabase extends boolean, Context> {
  readonly name: string;
  /** Whether it is skipped while the database cannot be reached. */
  readonly needsDatabase: NeedsDatabase;
  look(context: Context): Promise<Verdict | readonly Verdict[]>;
}

/** Something that `seer doctor` looks at. What it throws is a failure with this message. */
export type Check = CheckOf<true, DatabaseCheckContext> | CheckOf<false, CheckContext>;

export function defineCheck(check: Check): Check {
  return check;
}

export const ok = (found: string): Verdict => ({ status: 'ok', found });
export const warn = (found: string, remedy: string): Verdict => ({ status: 'warn', found, remedy });
export const fail = (found: string, remedy: string): Verdict => ({ status: 'fail', found, remedy });
