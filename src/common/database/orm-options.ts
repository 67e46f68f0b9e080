import { Migrator } from '@mikro-orm/migrations';
import { defineConfig, type EntityClass, type Options, UnderscoreNamingStrategy } from '@mikro-orm/postgresql';
import { ReflectMetadataProvider } from '@mikro-orm/decorators/legacy';
import { type Pool } from 'pg';
import { preparePool } from './prepare-pool.js';
import { migrationsDirectory } from './schema-state.js';
import { type Doors } from './walls/doors.js';

/** What MikroORM needs to know, the same for the application, its tests and the migration commands. */
export function ormOptions(settings: {
  /** Connection string of PostgreSQL. */
  url?: string;
  entities: EntityClass<object>[];
  /** Connections in the pool. */
  poolSize?: number;
  /** How its connections log in; as `url` says when left out. */
  doors?: Doors;
}): Options {
  return defineConfig({
    clientUrl: settings.url,
    entities: settings.entities,
    extensions: [Migrator],
    metadataProvider: ReflectMetadataProvider,
    namingStrategy: UnderscoreNamingStrategy,
    forceUtcTimezone: true,
    pool: { min: 0, max: settings.poolSize ?? 10 },
    driverOptions: {
      onPoolCreated: (pool: Pool) => void preparePool(pool, { name: 'requests', doors: settings.doors }),
    },
    migrations: {
      path: migrationsDirectory,
      pathTs: 'src/common/database/migrations',
      glob: '!(*.d).{js,ts}',
      snapshotName: 'schema-snapshot',
      tableName: 'migration',
      snapshotOnMigrate: false,
      silent: true,
      // One transaction around all pending migrations: an upgrade happens whole or not at all.
      allOrNothing: true,
      disableForeignKeys: false,
    },
    discovery: { warnWhenNoEntities: false },
  });
}
