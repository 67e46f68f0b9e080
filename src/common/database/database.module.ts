import { MikroOrmModule } from '@mikro-orm/nestjs';
import { type EntityClass, PostgreSqlDriver } from '@mikro-orm/postgresql';
import { type DynamicModule, Global, Module } from '@nestjs/common';
import { Environment } from '../config/environment.js';
import { HotReads } from './hot-reads.js';
import { Database } from './open-database.js';
import { ormOptions } from './orm-options.js';
import { Doors, doorsOf } from './walls/doors.js';
import { DatabaseGuard } from './database-guard.js';

/** MikroORM for the whole application, with an identity map per request. */
@Global()
@Module({})
export class DatabaseModule {
  static forRoot(entities: EntityClass<object>[], database: Database): DynamicModule {
    return {
      module: DatabaseModule,
      providers: [
        { provide: Database, useValue: database },
        { provide: Doors, useFactory: () => doorsOf(database) },
        HotReads,
        DatabaseGuard,
      ],
      exports: [Database, Doors, HotReads, DatabaseGuard],
      imports: [
        MikroOrmModule.forRootAsync({
          driver: PostgreSqlDriver,
          inject: [Environment, Doors],
          useFactory: (environment: Environment, doors: Doors) =>
            ormOptions({ url: database.url, entities, poolSize: environment.databasePool, doors }),
        }) as DynamicModule,
      ],
    };
  }
}
