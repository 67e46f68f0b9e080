import { type EntityClass, type EntityManager, MikroORM } from '@mikro-orm/postgresql';
import { type Database } from '../common/database/open-database.js';
import { ormOptions } from '../common/database/orm-options.js';

/** MikroORM with these entities, without the rest of the application, for as long as the work takes. */
export async function withOrm(
  database: Database,
  entities: EntityClass<object>[],
  work: (em: EntityManager) => Promise<void>,
): Promise<void> {
  const orm = await MikroORM.init(ormOptions({ url: database.url, entities, poolSize: 2 }));
  try {
    await work(orm.em.fork());
  } finally {
    await orm.close();
  }
}
