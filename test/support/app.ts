import { type NestExpressApplication } from '@nestjs/platform-express';
import { randomBytes } from 'node:crypto';
import { type AppOptions } from '../../src/app.module.js';
import { readEnvironment } from '../../src/common/config/read-environment.js';
import { type Database } from '../../src/common/database/open-database.js';
import { createApp } from '../../src/create-app.js';
import { Bootstrap } from '../../src/users/index.js';
import { Client } from './client.js';
import { createTestDatabase } from './database.js';
import { forgetDocument } from './openapi.js';

export interface TestApp {
  readonly app: NestExpressApplication;
  readonly url: string;
  readonly databaseUrl: string;
  /** Calls as the first administrator, with all scopes. */
  readonly admin: Client;
  /** Calls without credentials. */
  readonly stranger: Client;
  close(): Promise<void>;
}

/**
 * The real application, listening on a free port, on a database of its own (or on `databaseUrl`: another process of the
 * same installation). `variables` are environment variables, `options` those of the factory, `logins` those of the walls.
 */
export async function startApp(
  variables: Record<string, string> = {},
  databaseUrl?: string,
  { logins, ...options }: AppOptions & Pick<Database, 'logins'> = {},
): Promise<TestApp> {
  const url = databaseUrl ?? (await createTestDatabase());
  const key = variables.SEER_BOOTSTRAP_API_KEY ?? `sk_test_${randomBytes(24).toString('base64url')}`;
  const environment = readEnvironment({
    DATABASE_URL: url,
    PORT: '0',
    LOG_LEVEL: 'silent',
    SEER_MASTER_KEY: Buffer.alloc(32, 7).toString('base64'),
    SEER_EGRESS_ALLOW: '127.0.0.0/8',
    ...variables,
    SEER_BOOTSTRAP_API_KEY: key,
  });
  const app = await createApp(environment, { url, port: 0, ...(logins && { logins }), close: async () => {} }, options);
  await app.get(Bootstrap).firstAdminKey();
  await app.listen(0, '127.0.0.1');
  const address = await app.getUrl();
  forgetDocument(address);
  return {
    app,
    url: address,
    databaseUrl: url,
    admin: new Client(address, key),
    stranger: new Client(address),
    close: () => app.close(),
  };
}
