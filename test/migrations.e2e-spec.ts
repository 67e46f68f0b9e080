import { MikroORM } from '@mikro-orm/postgresql';
import { migrate } from '../src/common/database/migrate.js';
import { ormOptions } from '../src/common/database/orm-options.js';
import { DatabaseTooNewError } from '../src/common/database/schema.errors.js';
import { entities } from '../src/entities.js';
import { connect, createDatabase } from './support/database.js';

let url: string;
let orm: MikroORM;

beforeEach(async () => {
  url = await createDatabase(`seer_migrations_${process.env.JEST_WORKER_ID}`);
  orm = await MikroORM.init(ormOptions({ url, entities }));
});

afterEach(() => orm.close());

/** What still differs between the database and the entities, as SQL. */
/** Policies of the engine belong to its role, and that to the cluster: they are no part of the entities (walls/raise-walls.ts). */
const difference = async () =>
  (await orm.schema.getUpdateSchemaSQL({ wrap: false })).replaceAll(/drop policy "engine" on "\w+";/g, '').trim();

describe('migrations', () => {
  it('make of an empty database what the entities describe', async () => {
    expect(await difference()).not.toBe('');
    await migrate(ormOptions({ url, entities }));
    expect(await difference()).toBe('');
  });

  it('can be undone down to the empty database, and done again', async () => {
    await migrate(ormOptions({ url, entities }));
    for (const { name } of (await orm.migrator.getExecuted()).toReversed()) await orm.migrator.down({ to: name });
    while ((await orm.migrator.getExecuted()).length > 0) await orm.migrator.down();
    const client = await connect(url);
    const tables = await client.query(`select table_name from information_schema.tables where table_schema = 'public'`);
    await client.end();
    expect(tables.rows).toEqual([{ table_name: 'migration' }]);
    await migrate(ormOptions({ url, entities }));
    expect(await difference()).toBe('');
  });

  it('are done once when several processes start together', async () => {
    const ran = await Promise.all([1, 2, 3].map(() => migrate(ormOptions({ url, entities }))));
    expect(ran.filter((names) => names.length > 0)).toHaveLength(1);
  });

  it('refuse a database of a newer build', async () => {
    await migrate(ormOptions({ url, entities }));
    const client = await connect(url);
    await client.query(`insert into migration (name, executed_at) values ('Migration29990101000000_later', now())`);
    await client.end();
    await expect(migrate(ormOptions({ url, entities }))).rejects.toThrow(DatabaseTooNewError);
  });

  it('leave nothing for the snapshot to notice', async () => {
    expect(await orm.migrator.checkSchema()).toBe(false);
  });
});
