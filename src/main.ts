import 'reflect-metadata';
import { type NestExpressApplication } from '@nestjs/platform-express';
import { type Environment } from './common/config/environment.js';
import { readEnvironment } from './common/config/read-environment.js';
import { type Database, openDatabase } from './common/database/open-database.js';
import { type DrainingAdapter } from './common/http/draining-adapter.js';
import { startTracing } from './common/tracing/start-tracing.js';
import { createApp } from './create-app.js';
import { armFault } from './common/fault-point.js';
import { isForOperators } from './expected-errors.js';
import { prepareSchema } from './prepare-schema.js';
import { Shutdown } from './shutdown.js';
import { Bootstrap } from './users/index.js';

const shutdown = new Shutdown();

async function main(): Promise<void> {
  const environment = readEnvironment(process.env);
  armFault(environment.fault);
  shutdown.stopOnSignal();
  const database = await openDatabase(environment);
  shutdown.opened(() => database.close());
  await prepareSchema(environment, database.url);
  shutdown.opened(await startTracing(environment.tracing));
  const app = await createApp(environment, database);
  shutdown.opened(() => stop(app));
  const adminKey = await app.get(Bootstrap).firstAdminKey();
  await app.listen(environment.port, environment.host);
  app.getHttpServer().on('error', (error: Error) => console.error(error));
  welcome(await app.getUrl(), environment, database, adminKey);
}

async function stop(app: NestExpressApplication): Promise<void> {
  (app.getHttpAdapter() as unknown as DrainingAdapter).drain();
  await app.close();
}

function welcome(url: string, environment: Environment, database: Database, adminKey: string | undefined): void {
  const lines = [`Seer is ready at ${url}`];
  if (environment.docs) lines.push(`  Swagger UI      ${url}/docs`);
  lines.push(`  Data directory  ${environment.dataDirectory}`);
  lines.push(`  Database        ${database.directory ? `embedded, in ${database.directory}` : 'DATABASE_URL'}`);
  if (adminKey) lines.push(`  Admin API key   ${adminKey}  (shown only now)`);
  console.log(lines.join('\n'));
}

main().catch(async (error: unknown) => {
  // It was told to stop before it had started.
  if (shutdown.isUnderWay) return;
  console.error(reasonOf(error));
  // Runs may have begun already: they end here, or are handed to other processes.
  await shutdown.close();
  process.exit(1);
});

/** What an operator can put right is said in a sentence; anything else is a fault of ours, with its stack. */
function reasonOf(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  if (isForOperators(error)) return `Seer can't start:\n${error.message}`;
  if ('code' in error && error.code === 'EADDRINUSE' && 'port' in error) {
    return `Seer can't start:\nPORT ${String(error.port)} is in use by another program; choose another with PORT=…`;
  }
  return error;
}
