import { NestFactory } from '@nestjs/core';
import { type NestExpressApplication } from '@nestjs/platform-express';
import { randomBytes } from 'node:crypto';
import { LoggerModule } from 'nestjs-pino';
import { ConfigModule } from '../../src/common/config/config.module.js';
import { readEnvironment } from '../../src/common/config/environment.js';
import { DatabaseModule } from '../../src/common/database/database.module.js';
import { HttpModule } from '../../src/common/http/http.module.js';
import { createHttpAdapter, setUpHttp } from '../../src/common/http/set-up-http.js';
import { loggingOptions } from '../../src/common/logging.js';
import { HealthModule } from '../../src/health/health.module.js';
import { Bootstrap, principalOf, usersEntities, UsersModule, usersProblems } from '../../src/users/index.js';
import { type TestApp as RealTestApp } from './app.js';
import { type Client } from './client.js';
import { createTestDatabase } from './database.js';

class TrialModule {}
export type TestApp = RealTestApp;

class TrialClient {
  constructor(
    readonly url: string,
    private readonly token?: string,
  ) {}
  as = (token: string) => new TrialClient(this.url, token);
  get = (path: string, headers?: Record<string, string>) => this.call('GET', path, undefined, headers);
  post = (path: string, body?: unknown, headers?: Record<string, string>) => this.call('POST', path, body, headers);
  delete = (path: string, headers?: Record<string, string>) => this.call('DELETE', path, undefined, headers);
  async call(method: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
    const response = await fetch(this.url + path, {
      method,
      headers: {
        ...(this.token && { authorization: `Bearer ${this.token}` }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, body: text[0] === '{' ? JSON.parse(text) : text };
  }
}

export async function startApp(variables: Record<string, string> = {}, databaseUrl?: string): Promise<TestApp> {
  const url = databaseUrl ?? (await createTestDatabase());
  const key = variables.SEER_BOOTSTRAP_API_KEY ?? `sk_test_${randomBytes(24).toString('base64url')}`;
  const environment = readEnvironment({
    DATABASE_URL: url,
    LOG_LEVEL: 'silent',
    ...variables,
    SEER_BOOTSTRAP_API_KEY: key,
  });
  const app = await NestFactory.create<NestExpressApplication>(
    {
      module: TrialModule,
      imports: [
        ConfigModule.forRoot(environment),
        LoggerModule.forRoot(loggingOptions(environment)),
        DatabaseModule.forRoot(usersEntities, { url, port: 0, close: async () => {} }),
        HttpModule.forRoot({
          problems: [usersProblems],
          cursorKey: Buffer.alloc(32),
          callerId: (request) => principalOf(request).userId,
        }),
        UsersModule,
        HealthModule,
      ],
    },
    createHttpAdapter(),
    { bodyParser: false, abortOnError: false, logger: ['error'] },
  );
  setUpHttp(app);
  await app.get(Bootstrap).firstAdminKey();
  await app.listen(0, '127.0.0.1');
  const address = await app.getUrl();
  return {
    app,
    url: address,
    databaseUrl: url,
    admin: new TrialClient(address, key) as unknown as Client,
    stranger: new TrialClient(address) as unknown as Client,
    close: () => app.close(),
  };
}
