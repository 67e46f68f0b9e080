import { createHash } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/common/database/embedded-postgres.js';

/** A PostgreSQL as it is in production: what is committed is on the disk. */
export interface BenchDatabases {
  /** An empty database. @returns its connection string */
  create(name: string): Promise<string>;
  stop(): Promise<void>;
}

export async function startDatabases(): Promise<BenchDatabases> {
  // Kept between runs, so that only the first pays for its making.
  const checkout = createHash('sha256').update(process.cwd()).digest('hex').slice(0, 12);
  const postgres = await startFresh(join(tmpdir(), `seer-bench-${checkout}`));
  await query(postgres.adminUrl, 'create extension if not exists pg_stat_statements');
  return {
    async create(name) {
      await query(postgres.adminUrl, `drop database if exists "${name}" with (force)`);
      await query(postgres.adminUrl, `create database "${name}" template template0`);
      const url = new URL(postgres.adminUrl);
      url.pathname = `/${name}`;
      return url.href;
    },
    stop: () => postgres.stop(),
  };
}

/**
 * Counts statements too: 5,417 raw inserts a second with it, 5,452 without, so nobody is the slower for it. Only a server
 * that was started for that can, so one that a killed bench left is not kept.
 */
async function startFresh(directory: string): Promise<EmbeddedPostgres> {
  const start = () =>
    startEmbeddedPostgres({ directory, settings: { shared_preload_libraries: 'pg_stat_statements' } });
  const postgres = await start();
  if (!postgres.adopted) return postgres;
  await postgres.stop();
  return start();
}

/** One statement on a connection of its own. @returns its rows */
export async function query<Row extends pg.QueryResultRow>(url: string, sql: string): Promise<Row[]> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    return (await client.query<Row>(sql)).rows;
  } finally {
    await client.end();
  }
}
