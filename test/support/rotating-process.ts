import 'reflect-metadata';
import { setTimeout as delay } from 'node:timers/promises';
import { readEnvironment } from '../../src/common/config/read-environment.js';
import { type CommandContext } from '../../src/cli/define-command.js';
import { withRotation } from '../../src/cli/encryption-context.js';

/** A process that waits for a rotation to begin and does its work, until a test kills it. */
const environment = readEnvironment(process.env);
const database = { url: environment.databaseUrl!, port: 0, close: async () => {} };
const { signal } = new AbortController();
const context: CommandContext = {
  environment,
  options: {},
  arguments: [],
  signal,
  openDatabase: async () => database,
  openMigrated: async () => database,
  print: console.log,
  note: console.error,
};
await withRotation(context, async (rotation) => {
  console.log('waiting');
  while ((await rotation.status()).rotation?.state !== 'running') await delay(20);
  console.log('rotating');
  await rotation.advance(signal);
});
