import { type ParseArgsConfig } from 'node:util';
import { type Environment } from '../common/config/environment.js';
import { type Database } from '../common/database/open-database.js';

/** What a command gets. */
export interface CommandContext {
  readonly environment: Environment;
  /** The values of its options, as `parseArgs` of Node gives them. */
  readonly options: Readonly<Record<string, unknown>>;
  /** As many as the command has `parameters`. */
  readonly arguments: readonly string[];
  /** Aborted by Ctrl+C and SIGTERM. */
  readonly signal: AbortSignal;
  /** The database, whatever its schema. An embedded one is started at the first call, and stopped when the command ends. */
  openDatabase(): Promise<Database>;
  /** The database with the schema of this build, see {@link prepareSchema}. */
  openMigrated(): Promise<Database>;
  /** Writes a line of its result. Characters that a terminal would obey are shown, not sent, here and in `note`. */
  print(line: string): void;
  /** Tells something that is not part of the result: on the standard error. */
  note(line: string): void;
}

/**
 * A command of `npm run -s seer -- <words>`. It ends with exit code 0; what it throws is shown, with exit code 1. The list of
 * commands loads them all: what takes long to load (MikroORM, Nest, a module) is imported inside `run`.
 */
export interface Command {
  /** The words that call it, such as `encryption rotate`. */
  readonly words: string;
  /** Names of the arguments that follow, all of which are needed. */
  readonly parameters?: readonly string[];
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
