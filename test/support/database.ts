import { randomBytes } from 'node:crypto';
import pg from 'pg';

/** Creates (anew) a database of that name, on the tests' server if no other is named. @returns its connection string. */
export async function createDatabase(
  name: string,
  template = 'template0',
  server = process.env.SEER_TEST_POSTGRES!,
): Promise<string> {
  const admin = new URL(server);
  const client = new pg.Client(admin.href);
  await client.connect();
  try {
    await client.query(`drop database if exists "${name}" with (force)`);
    // The files as they are, not page by page through the log: a fifth of the work, and the caches come with them.
    await client.query(`create database "${name}" template "${template}" strategy file_copy`);
  } finally {
    await client.end();
  }
  admin.pathname = `/${name}`;
  return admin.href;
}

/** A database with all migrations applied, for one suite. */
export function createTestDatabase(): Promise<string> {
  return createDatabase(`seer_${randomBytes(6).toString('hex')}`, process.env.SEER_TEST_TEMPLATE);
}

/** A plain connection, for a test that looks behind the API. Ends by itself when the suite closes it. */
export async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client(url);
  await client.connect();
  return client;
}

/** The rows of one statement. */
export async function query(url: string, sql: string): Promise<any[]> {
  const client = await connect(url);
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}
