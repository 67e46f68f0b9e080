import { type ParseArgsConfig } from 'node:util';
import { type Environment } from '../common/config/environment.js';
import { type Database } from '../common/database/open-database.js';

/** What a command gets. */
export interface CommandContext {
  readonly environment: Environment;
  /** Migrated to the schema of this build. */
  readonly database: Database;
  /** The values of its options, as `parseArgs` of Node gives them. */
  readonly options: Readonly<Record<string, unknown>>;
  /** Aborted by Ctrl+C and SIGTERM. */
  readonly signal: AbortSignal;
  /** Writes a line of its result. */
  print(line: string): void;
}

/** A command of `npm run seer -- <words>`. It ends with exit code 0; what it throws is shown, with exit code 1. */
export interface Command {
  /** The words that call it, such as `encryption rotate`. */
  readonly words: string;
  /** One line, for the list of commands. */
  readonly summary: string;
  /** The rest of its help: what it does, what it needs, an example. */
  readonly help: string;
  readonly options?: NonNullable<ParseArgsConfig['options']>;
  run(context: CommandContext): Promise<void>;
}

export function defineCommand(command: Command): Command {
  return command;
}
