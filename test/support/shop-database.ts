import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { connect, createDatabase } from './database.js';

/** A database that belongs to somebody else than Seer, on the tests' server, reached by TCP. */
export interface ShopDatabase {
  /** As of a resource. */
  readonly metadata: { host: string; port: number; database: string; user: string; tls: string };
  readonly password: string;
  /** A superuser's connection. */
  readonly admin: pg.Client;
  close(): Promise<void>;
}

/** The TCP port of the tests' server. */
export async function postgresPort(client: pg.Client): Promise<number> {
  const { rows } = await client.query<{ port: string }>(`select current_setting('port') as port`);
  return Number(rows[0]!.port);
}

/** Makes a role that may sign in. @returns its name and password */
export async function makeRole(client: pg.Client, options = ''): Promise<{ user: string; password: string }> {
  const user = `role_${randomBytes(6).toString('hex')}`;
  const password = `p${randomBytes(12).toString('hex')}'" \\ä`;
  await client.query(`create role ${user} login ${options} password ${pg.escapeLiteral(password)}`);
  return { user, password };
}

/** The owner of the database is no superuser. */
export async function makeShopDatabase(): Promise<ShopDatabase> {
  const database = `shop_${randomBytes(6).toString('hex')}`;
  const admin = await connect(await createDatabase(database));
  const { user, password } = await makeRole(admin);
  await admin.query(`alter database ${database} owner to ${user}; grant all on schema public to ${user}`);
  return {
    metadata: { host: '127.0.0.1', port: await postgresPort(admin), database, user, tls: 'disable' },
    password,
    admin,
    close: async () => {
      await admin.end();
    },
  };
}
