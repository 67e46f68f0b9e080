// Seer as `src/main.ts` starts it, with one tool more: a write that costs nothing, so that a run of such steps shows
// what it costs to make each of them durable before the next.
import 'reflect-metadata';
import { readEnvironment } from '../src/common/config/read-environment.js';
import { migrate } from '../src/common/database/migrate.js';
import { openDatabase } from '../src/common/database/open-database.js';
import { ormOptions } from '../src/common/database/orm-options.js';
import { createApp } from '../src/create-app.js';
import { entities } from '../src/entities.js';
import { type Tool, toolCatalogue } from '../src/integrations/index.js';
import { Bootstrap } from '../src/users/index.js';

const noop: Tool = {
  key: 'bench.noop',
  title: 'Nothing',
  description: 'Says that it writes, and does nothing. Its value is the next number.',
  effect: 'write',
  input: {
    type: 'object',
    additionalProperties: false,
    required: ['number'],
    properties: { number: { type: 'integer' } },
  },
  output: { type: 'integer' },
  example: { number: 1 },
  run: async (_context, { number }) => Number(number) + 1,
};

const environment = readEnvironment(process.env);
const database = await openDatabase(environment);
await migrate(ormOptions({ url: database.url, entities }));
const app = await createApp(environment, database, { tools: new Map([...toolCatalogue, [noop.key, noop]]) });
await app.get(Bootstrap).firstAdminKey();
await app.listen(environment.port, environment.host);
process.once('SIGTERM', () => void stop());
console.log(`Seer is ready at ${await app.getUrl()}`);

async function stop(): Promise<void> {
  await app.close();
  await database.close();
  process.exit(0);
}
