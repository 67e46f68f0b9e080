import 'reflect-metadata';
import { parseArgs } from 'node:util';
import { commands } from './cli/catalogue.js';
import { type Command } from './cli/define-command.js';
import { readEnvironment } from './common/config/environment.js';
import { migrate } from './common/database/migrate.js';
import { openDatabase } from './common/database/open-database.js';
import { ormOptions } from './common/database/orm-options.js';
import { entities } from './entities.js';
import { isForOperators } from './expected-errors.js';

/** The command line was not understood. */
const USAGE = 2;

/** `npm run seer -- <command> [options]`: exit code 0 done, 1 it could not be done, 2 there is no such command. */
async function main(args: string[]): Promise<number> {
  const command = commands.find(({ words }) => args.join(' ').startsWith(words));
  if (!command) return usage(args);
  const rest = args.slice(command.words.split(' ').length);
  const { values } = parse(command, rest);
  if (values.help) {
    console.log(`${command.words}\n\n${command.help}`);
    return 0;
  }
  await run(command, values);
  return 0;
}

function parse(command: Command, args: string[]) {
  return parseArgs({ args, options: { ...command.options, help: { type: 'boolean', short: 'h' } } });
}

async function run(command: Command, options: Record<string, unknown>): Promise<void> {
  const environment = readEnvironment(process.env);
  const database = await openDatabase(environment);
  const stop = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => stop.abort(new Error(`Interrupted by ${signal}; the same command goes on.`)));
  }
  try {
    await migrate(ormOptions({ url: database.url, entities }));
    await command.run({ environment, database, options, signal: stop.signal, print: (line) => console.log(line) });
  } finally {
    await database.close();
  }
}

function usage(args: string[]): number {
  const asked = args.length === 0 || ['help', '-h', '--help'].includes(args[0]!);
  const width = Math.max(...commands.map(({ words }) => words.length));
  const lines = [
    ...(asked ? [] : [`There is no command "${args.join(' ')}".\n`]),
    'Usage: npm run seer -- <command> [--help]\n',
    ...commands.map(({ words, summary }) => `  ${words.padEnd(width)}  ${summary}`),
  ];
  (asked ? console.log : console.error)(lines.join('\n'));
  return asked ? 0 : USAGE;
}

main(process.argv.slice(2)).then(
  (code) => process.exit(code),
  (error: Error & { code?: string }) => {
    const wrongUse = error.code?.startsWith('ERR_PARSE_ARGS') ?? false;
    console.error(wrongUse || isForOperators(error) ? error.message : error);
    process.exit(wrongUse ? USAGE : 1);
  },
);
