import { readdir } from 'node:fs/promises';
import { parse } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { DatabaseUnreachableError } from './schema.errors.js';

/** Where the migrations of this build lie (compiled). */
export const migrationsDirectory = fileURLToPath(new URL('migrations', import.meta.url));

/** How the schema of a database stands to that of this build: names of migrations, the oldest first. */
export interface SchemaState {
  readonly executed: readonly string[];
  /** Of this build, not yet in the database. */
  readonly pending: readonly string[];
  /** In the database, of a newer build. */
  readonly unknown: readonly string[];
}

const CONNECT_TIMEOUT_MS = 10_000;
const UNDEFINED_TABLE = '42P01';

/** A plain connection, which is there in 20 ms where MikroORM takes 200: commands and starts that need no more wait less. */
export async function withClient<Result>(url: string, work: (client: pg.Client) => Promise<Result>): Promise<Result> {
  const client = new pg.Client({
    connectionString: url,
    application_name: 'seer command',
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
  });
  // A server that dies rejects the query in flight as well.
  client.on('error', () => {});
  await client.connect().catch((error: Error) => {
    throw new DatabaseUnreachableError(error);
  });
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

export async function readSchemaState(client: pg.ClientBase): Promise<SchemaState> {
  const [known, executed] = [await migrationsOfThisBuild(), await executedMigrations(client)];
  return {
    executed,
    pending: known.filter((name) => !executed.includes(name)),
    unknown: executed.filter((name) => !known.includes(name)),
  };
}

async function migrationsOfThisBuild(): Promise<string[]> {
  const files = await readdir(migrationsDirectory);
  return files
    .filter((file) => /^Migration\w+\.js$/.test(file))
    .map((file) => parse(file).name)
    .sort();
}

async function executedMigrations(client: pg.ClientBase): Promise<string[]> {
  try {
    const { rows } = await client.query<{ name: string }>('select name from migration order by id');
    return rows.map(({ name }) => name);
  } catch (error) {
    if ((error as { code?: string }).code === UNDEFINED_TABLE) return [];
    throw error;
  }
}
