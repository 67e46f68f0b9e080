import 'reflect-metadata';
import { readFileSync } from 'node:fs';
import { MikroORM } from '@mikro-orm/postgresql';
import { readEnvironment } from '../../src/common/config/read-environment.js';
import { makePublicId } from '../../src/common/public-id.js';
import { createApp } from '../../src/create-app.js';
import { providers } from '../../src/oauth/index.js';
import { NewConnections } from '../../src/oauth/connections/new-connections.js';
import { Bootstrap, User } from '../../src/users/index.js';
import { type CanaryPlan } from './canaries.js';

/** Seer with providers that a test plays, and with connections whose tokens the test has made. */
const plan = JSON.parse(readFileSync(process.env.CANARY_PLAN!, 'utf8')) as CanaryPlan;
const environment = readEnvironment(process.env);
const database = { url: environment.databaseUrl!, port: 0, close: async () => {} };
const app = await createApp(environment, database, {
  providers: providers.map((provider) => ({ ...provider, ...plan.providers[provider.key] })),
});
await app.get(Bootstrap).firstAdminKey();
await app.listen(environment.port, '127.0.0.1');
const admin = await app.get(MikroORM).em.fork().findOneOrFail(User, { role: 'admin' });
const userId = String(admin.id);
const ids: string[] = [];
for (const { provider, scopes, accessToken, refreshToken } of plan.connections) {
  const account = { id: `account-${ids.length}`, label: `Account ${ids.length}` };
  const grant = { accessToken, refreshToken, scopes, expiresAt: null, answer: {}, claims: undefined };
  const consent = { userId, provider, account, grant, askedScopes: scopes, connectionId: null };
  const { connectionId } = await app.get(NewConnections).save(consent);
  ids.push(makePublicId('connection', connectionId));
}
console.log(`Connected: ${ids.join(' ')}.`);
process.on('SIGTERM', () => void app.close().then(() => process.exit(0)));
