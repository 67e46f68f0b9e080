import { type Environment } from './common/config/environment.js';
import { DatabaseTooNewError, SchemaOutdatedError } from './common/database/schema.errors.js';
import { readSchemaState, withClient } from './common/database/schema-state.js';
import { jobsSchemaVersion, readJobsSchemaVersion } from './common/jobs/jobs-schema.js';

/**
 * Sees to it that the database has the schema of this build. One plain query finds that nothing is left to do, so that
 * most starts and commands load nothing for it.
 * @throws DatabaseTooNewError
 * @throws SchemaOutdatedError when it is older, and SEER_MIGRATE is off.
 */
export async function prepareSchema({ migrates }: Environment, url: string): Promise<void> {
  const { pending, unknown, jobs } = await withClient(url, async (client) => ({
    ...(await readSchemaState(client)),
    jobs: (await readJobsSchemaVersion(client)) ?? 0,
  }));
  if (unknown.length > 0) throw new DatabaseTooNewError(unknown);
  if (migrates && pending.length > 0) await migrateTables(url);
  const lacking =
    jobs < jobsSchemaVersion ? [...pending, `version ${jobsSchemaVersion} of the schema of jobs`] : pending;
  if (!migrates && lacking.length > 0) throw new SchemaOutdatedError(lacking);
}

/**
 * Brings the database to the schema of this build.
 * @returns the names of the migrations that ran
 * @throws DatabaseTooNewError
 */
export async function migrateSchema(url: string): Promise<string[]> {
  const { unknown } = await withClient(url, readSchemaState);
  if (unknown.length > 0) throw new DatabaseTooNewError(unknown);
  const ran = await migrateTables(url);
  const { installJobs } = await import('./common/jobs/install-jobs.js');
  await installJobs(url);
  return ran;
}

/** All or nothing. */
async function migrateTables(url: string): Promise<string[]> {
  const { migrate } = await import('./common/database/migrate.js');
  const { ormOptions } = await import('./common/database/orm-options.js');
  return migrate(ormOptions({ url, entities: [] }));
}
