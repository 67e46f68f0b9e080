import { readdir } from 'node:fs/promises';
import { parse } from 'node:path';
import { MikroORM, type Options } from '@mikro-orm/postgresql';
import { advisoryLocks } from './advisory-locks.js';
import { DatabaseTooNewError } from './schema.errors.js';
import { migrationsDirectory } from './schema-state.js';
import { raiseWalls } from './walls/raise-walls.js';

/**
 * Brings the database to the newest schema, all or nothing. Processes that start together take turns by an advisory
 * lock, so one migrates and the others find nothing left to do.
 * @returns the names of the migrations that ran.
 * @throws DatabaseTooNewError when the database was migrated by a newer build.
 */
export async function migrate(options: Options): Promise<string[]> {
  const orm = await MikroORM.init({ ...options, pool: { min: 0, max: 4 } });
  try {
    return await orm.em.fork().transactional(async (em) => {
      await em.execute('select pg_advisory_xact_lock(?)', [advisoryLocks.migration]);
      await refuseNewerDatabase(orm);
      const applied = await orm.migrator.up({ transaction: em.getTransactionContext() });
      await raiseWalls(em);
      return applied.map((migration) => migration.name);
    });
  } finally {
    await orm.close();
  }
}

async function refuseNewerDatabase(orm: MikroORM): Promise<void> {
  const known = new Set((await readdir(migrationsDirectory)).map((file) => parse(file).name));
  const executed = await orm.migrator.getExecuted();
  const foreign = executed.filter((migration) => !known.has(migration.name));
  if (foreign.length > 0) throw new DatabaseTooNewError(foreign.map(({ name }) => name));
}
