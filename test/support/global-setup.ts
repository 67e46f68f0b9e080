import { rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createHash } from 'node:crypto';
import { migrate } from '../../src/common/database/migrate.js';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/common/database/embedded-postgres.js';
import { ormOptions } from '../../src/common/database/orm-options.js';
import { installJobs } from '../../src/common/jobs/install-jobs.js';
import { entities } from '../../src/entities.js';
import { connect, createDatabase } from './database.js';

/** Those of earlier runs stay, eight megabytes each. To make a server anew is faster than to drop more than these. */
const MOST_DATABASES = 300;

/** Before all suites: a PostgreSQL of the tests' own, with one migrated database that every suite copies. */
export default (): Promise<void> => startTestServer('test');

export async function startTestServer(name: string): Promise<void> {
  // One server for each checkout; kept between runs, so that only the first pays for initdb.
  const checkout = createHash('sha256').update(process.cwd()).digest('hex').slice(0, 12);
  const directory = join(tmpdir(), `seer-${name}-${checkout}`);
  const settings = { fsync: 'off', full_page_writes: 'off', max_connections: '500', autovacuum: 'off' };
  let postgres = await startEmbeddedPostgres({ directory, settings });
  if (!postgres.adopted && (await databasesIn(postgres)) > MOST_DATABASES) {
    await postgres.stop();
    for (const path of [postgres.dataDirectory, directory]) rmSync(path, { recursive: true, force: true });
    postgres = await startEmbeddedPostgres({ directory, settings });
  }
  process.env.SEER_TEST_POSTGRES = postgres.adminUrl;
  process.env.SEER_TEST_TEMPLATE = 'seer_template';
  const url = await createDatabase('seer_template');
  await migrate(ormOptions({ url, entities }));
  await installJobs(url);
  (globalThis as { seerTestPostgres?: EmbeddedPostgres }).seerTestPostgres = postgres;
}

async function databasesIn({ adminUrl }: EmbeddedPostgres): Promise<number> {
  const client = await connect(adminUrl);
  const { rows } = await client.query<{ n: number }>('select count(*)::int as n from pg_database');
  await client.end();
  return rows[0]!.n;
}
