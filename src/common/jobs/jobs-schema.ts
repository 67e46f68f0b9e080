import { createRequire } from 'node:module';
import { type ClientBase } from 'pg';

/** Where jobs lie in the database: a schema of its own, which migrations and entities know nothing of. */
export const JOBS_SCHEMA = 'pgboss';

/** The version of that schema that this build brings. */
export const jobsSchemaVersion = (
  createRequire(import.meta.url)('pg-boss/package.json') as { pgboss: { schema: number } }
).pgboss.schema;

/** Tables of what must not get lost, in the order in which they refer to each other. */
export const keptJobTables = ['queue', 'schedule', 'subscription', 'job', 'job_dependency'] as const;

/** The version of the schema of jobs in a database, undefined where there is none. */
export async function readJobsSchemaVersion(client: ClientBase): Promise<number | undefined> {
  const { rows } = await client.query<{ installed: boolean }>('select to_regclass($1) is not null as installed', [
    `${JOBS_SCHEMA}.version`,
  ]);
  if (!rows[0]!.installed) return undefined;
  return (await client.query<{ version: number }>(`select version from ${JOBS_SCHEMA}.version`)).rows[0]?.version;
}
