import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createHash } from 'node:crypto';
import { PgBoss } from 'pg-boss';
import { migrate } from '../../src/common/database/migrate.js';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/common/database/embedded-postgres.js';
import { ormOptions } from '../../src/common/database/orm-options.js';
import { bossOptions } from '../../src/common/jobs/boss-options.js';
import { entities } from '../../src/entities.js';
import { connect, createDatabase } from './database.js';

/** Before all suites: a PostgreSQL of the tests' own, with one migrated database that every suite copies. */
export default (): Promise<void> => startTestServer('test');

export async function startTestServer(name: string): Promise<void> {
  // One server for each checkout; kept between runs, so that only the first pays for initdb.
  const checkout = createHash('sha256').update(process.cwd()).digest('hex').slice(0, 12);
  const postgres = await startEmbeddedPostgres({
    directory: join(tmpdir(), `seer-${name}-${checkout}`),
    settings: { fsync: 'off', full_page_writes: 'off', max_connections: '500', autovacuum: 'off' },
  });
  if (!postgres.adopted) await dropLeftovers(postgres.adminUrl);
  process.env.SEER_TEST_POSTGRES = postgres.adminUrl;
  process.env.SEER_TEST_TEMPLATE = 'seer_template';
  const url = await createDatabase('seer_template');
  await migrate(ormOptions({ url, entities }));
  await installJobs(url);
  (globalThis as { seerTestPostgres?: EmbeddedPostgres }).seerTestPostgres = postgres;
}

/** What the first process of an installation does; tests of that start with an empty database. */
async function installJobs(url: string): Promise<void> {
  const boss = new PgBoss(bossOptions(url, false));
  await boss.start();
  await boss.stop();
}

/** What earlier runs have left, gigabytes after some dozens. */
async function dropLeftovers(adminUrl: string): Promise<void> {
  const client = await connect(adminUrl);
  const { rows } = await client.query(`select datname from pg_database
    where not datistemplate and datname <> current_database()`);
  for (const { datname } of rows) await client.query(`drop database "${datname}" with (force)`);
  await client.end();
}
