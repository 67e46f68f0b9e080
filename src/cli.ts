#!/usr/bin/env node
import 'reflect-metadata';
import { inspect, parseArgs } from 'node:util';
import { commands } from './cli/catalogue.js';
import { type Command, type CommandContext } from './cli/define-command.js';
import { plainLine, plainLines } from './cli/plain-text.js';
import { readEnvironment } from './common/config/read-environment.js';
import { type Database, openDatabase } from './common/database/open-database.js';
import { OperatorError } from './common/operator.error.js';
import { isForOperators } from './expected-errors.js';
import { prepareSchema } from './prepare-schema.js';

/** The command line was not understood. */
const USAGE = 2;

/** `npm run -s seer -- <command> [options]`: exit code 0 done, 1 it could not be done, 2 it was not understood. */
async function main(args: string[]): Promise<number> {
  const command = commands.find(({ words }) => words.split(' ').every((word, at) => args[at] === word));
  if (!command) return usage(args);
  const { values, positionals } = parse(command, args.slice(command.words.split(' ').length));
  if (values.help) {
    console.log(`${callOf(command)}\n\n${command.help}`);
    return 0;
  }
  if (positionals.length !== (command.parameters ?? []).length) {
    console.error(`Usage: npm run -s seer -- ${callOf(command)}`);
    return USAGE;
  }
  await run(command, values, positionals);
  return 0;
}

function parse(command: Command, args: string[]) {
  const options = { ...command.options, help: { type: 'boolean', short: 'h' } } as const;
  return parseArgs({ args, options, allowPositionals: true });
}

async function run(command: Command, options: CommandContext['options'], positionals: string[]): Promise<void> {
  const environment = readEnvironment(process.env);
  const stop = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => stop.abort(new OperatorError(`Interrupted by ${signal}.`)));
  }
  let opened: Promise<Database> | undefined;
  const open = () => (opened ??= openDatabase(environment));
  try {
    await command.run({
      environment,
      options,
      arguments: positionals,
      signal: stop.signal,
      openDatabase: open,
      openMigrated: async () => {
        const database = await open();
        await prepareSchema(environment, database.url);
        return database;
      },
      print: (line) => console.log(plainLine(line)),
      note: (line) => console.error(plainLine(line)),
    });
  } finally {
    await (await opened)?.close();
  }
}

function callOf({ words, parameters = [] }: Command): string {
  return [words, ...parameters.map((name) => `<${name}>`)].join(' ');
}

function usage(args: string[]): number {
  const asked = args.length === 0 || ['help', '-h', '--help'].includes(args[0]!);
  const width = Math.max(...commands.map((command) => callOf(command).length));
  const lines = [
    ...(asked ? [] : [`There is no command "${args.join(' ')}".\n`]),
    'Usage: npm run -s seer -- <command> [--help]\n',
    ...commands.map((command) => `  ${callOf(command).padEnd(width)}  ${command.summary}`),
  ];
  (asked ? console.log : console.error)(lines.join('\n'));
  return asked ? 0 : USAGE;
}

main(process.argv.slice(2)).then(
  (code) => process.exit(code),
  (thrown: Error & { code?: string }) => {
    // What was interrupted inside of Node says so by an error of its own, with ours as its cause.
    const error = thrown.name === 'AbortError' ? (thrown.cause as Error & { code?: string }) : thrown;
    const wrongUse = error.code?.startsWith('ERR_PARSE_ARGS') ?? false;
    console.error(plainLines(wrongUse || isForOperators(error) ? error.message : inspect(error)));
    process.exit(wrongUse ? USAGE : 1);
  },
);
