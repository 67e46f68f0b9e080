import 'reflect-metadata';
import { readEnvironment } from '../../src/common/config/environment.js';
import { withRotation } from '../../src/cli/encryption-context.js';

/** A process that does the work of the rotation under way, until a test kills it. */
const environment = readEnvironment(process.env);
const database = { url: environment.databaseUrl!, port: 0, close: async () => {} };
const { signal } = new AbortController();
await withRotation({ environment, database, options: {}, signal, print: console.log }, async (rotation) => {
  console.log('rotating');
  await rotation.advance(signal);
});
