import { NestFactory } from '@nestjs/core';
import { type NestExpressApplication } from '@nestjs/platform-express';
import { Logger } from 'nestjs-pino';
import { AppModule, type AppOptions } from './app.module.js';
import { type Environment } from './common/config/environment.js';
import { type Database } from './common/database/open-database.js';
import { healthOnly } from './common/http/health-only.js';
import { createHttpAdapter, setUpHttp } from './common/http/set-up-http.js';
import { serveDocs } from './openapi.js';

/** The whole application on a migrated database, ready to listen. Tests and `npm start` make the same one. */
export async function createApp(
  environment: Environment,
  database: Database,
  options?: AppOptions,
): Promise<NestExpressApplication> {
  const app = await NestFactory.create<NestExpressApplication>(
    AppModule.forRoot(environment, database, options),
    createHttpAdapter(),
    { bufferLogs: true, bodyParser: false, abortOnError: false },
  );
  app.useLogger(app.get(Logger));
  // Browsers send forms there, and senders of events what they sign.
  const { requestsPerAddress, trustedProxies } = environment;
  setUpHttp(app, {
    anyMediaType: ['/v1/approval-forms/', '/v1/forms/', '/v1/hooks/'],
    requestsPerAddress,
    trustedProxies,
  });
  if (environment.role === 'worker') app.use(healthOnly);
  else if (environment.docs) serveDocs(app);
  return app;
}
