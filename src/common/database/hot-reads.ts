import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import pg from 'pg';
import { Database } from './open-database.js';
import { asDatabaseUnavailable } from './database.errors.js';
import { preparePool } from './prepare-pool.js';
import { Doors } from './walls/doors.js';

/** A statement that is planned once for each connection. `name` must be unique, and `text` never change under it. */
export interface HotRead {
  readonly name: string;
  /** With `$1`, `$2` … for its values. */
  readonly text: string;
}

const CONNECTIONS = 4;

/**
 * Each of them reads a few places of an index that has the order it wants. A plan for all values takes averages for them, and then
 * the planner prefers to read all rows of a user from some other index and to sort them.
 */
export const hotReadSettings = { enable_sort: 'off', enable_incremental_sort: 'off' } as const;

/** The same as from `em.execute`: times stay text, see `dateOf`. */
const types: pg.CustomTypesConfig = {
  getTypeParser: (oid: number, format?: 'text' | 'binary') => {
    if (oid === (pg.types.builtins.TIMESTAMPTZ as number)) return (text: string) => text;
    return (pg.types.getTypeParser as (oid: number, format?: string) => (text: string) => unknown)(oid, format);
  },
} as pg.CustomTypesConfig;

/**
 * The few reads that every run or poll makes, as prepared statements on connections of their own: to plan the look-up of
 * what a run executes anew each time took a fifth of a small run (measured). Outside of any transaction.
 */
@Injectable()
export class HotReads implements OnApplicationShutdown {
  private readonly pool: pg.Pool;

  constructor(database: Database, doors: Doors) {
    const pool = new pg.Pool({
      connectionString: database.url,
      max: CONNECTIONS,
      application_name: 'seer read',
      types,
    });
    this.pool = preparePool(pool, { name: 'reads', doors, settings: { timezone: 'UTC', ...hotReadSettings } });
  }

  /** @throws DatabaseUnavailableError, and what else the driver throws */
  async rows<Row extends object>({ name, text }: HotRead, values: readonly unknown[]): Promise<Row[]> {
    try {
      const client = await this.pool.connect();
      try {
        return (await client.query<Row>({ name, text, values: [...values] })).rows;
      } finally {
        client.release();
      }
    } catch (error) {
      throw asDatabaseUnavailable(error) ?? error;
    }
  }

  async onApplicationShutdown(): Promise<void> {
    await this.pool.end();
  }
}
