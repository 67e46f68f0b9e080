import { type DynamicModule, Module } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { Environment } from '../config/environment.js';
import { readEnvironment } from '../config/read-environment.js';
import { Database } from '../database/open-database.js';
import { EgressModule } from './egress.module.js';
import { EgressService } from './egress.service.js';

@Module({})
class Surroundings {}

/** What the egress module is given by the application. */
function surroundings(variables: Record<string, string>, place: { host?: string; port: number }): DynamicModule {
  const environment = readEnvironment({ PORT: '3999', ...variables });
  const database: Database = { url: '', ...place, close: async () => {} };
  return {
    global: true,
    module: Surroundings,
    providers: [
      { provide: Environment, useValue: environment },
      { provide: Database, useValue: database },
    ],
    exports: [Environment, Database],
  };
}

describe('the way out of an installation', () => {
  it.each([
    ["Seer's database on another machine", '10.5.0.1', 5432, "is Seer's own database"],
    ["Seer's database on this machine", '127.0.0.1', 5432, "Seer's own ports"],
    ["Seer's port", '127.0.0.1', 3999, "Seer's own ports"],
    ['what nobody allowed', '192.168.0.1', 5432, 'is not a public address'],
  ])('does not lead to %s', async (_what, host, port, reason) => {
    const variables = { DATABASE_URL: 'postgres://10.5.0.1/seer', SEER_EGRESS_ALLOW: '10.0.0.0/8,127.0.0.0/8' };
    const app = await Test.createTestingModule({
      imports: [surroundings(variables, { host: '10.5.0.1', port: 5432 }), EgressModule],
    }).compile();
    await expect(app.get(EgressService).connect({ host, port, maxBytes: 1 })).rejects.toThrow(reason);
    await app.close();
  });
});
