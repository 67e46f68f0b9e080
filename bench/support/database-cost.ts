import { query } from './bench-database.js';
import { round } from './statistics.js';

/** What runs cost their database, its background work included. */
export interface DatabaseCost {
  /** As `pg_stat_statements` counts them: whatever a client sends and has executed, BEGIN and COMMIT included. */
  readonly statements_per_run: number;
  /** How far the write-ahead log went: commits and the pages it holds in full after a checkpoint included. */
  readonly wal_bytes_per_run: number;
  /** Growth of all tables with their indexes and TOAST, when what is dead in them has been made free for reuse. */
  readonly bytes_per_run: number;
}

/**
 * Measures between `resume` and `pause`. Nothing else may work on the server meanwhile: it has one write-ahead log.
 * Bytes, which need a vacuum, are those since the start.
 */
export class DatabaseMeter {
  private readonly sum = { statements: 0, wal: 0 };
  private since: Counters | undefined;

  private constructor(
    private readonly database: string,
    private readonly bytes: number,
  ) {}

  static async start(database: string): Promise<DatabaseMeter> {
    return new DatabaseMeter(database, await tableBytes(database));
  }

  async resume(): Promise<void> {
    this.since = await readCounters(this.database);
  }

  async pause(): Promise<void> {
    const { statements, wal } = await readCounters(this.database);
    this.sum.statements += statements - this.since!.statements;
    this.sum.wal += wal - this.since!.wal;
  }

  async perRun(runs: number): Promise<DatabaseCost> {
    return {
      statements_per_run: round(this.sum.statements / runs),
      wal_bytes_per_run: Math.round(this.sum.wal / runs),
      bytes_per_run: Math.round(((await tableBytes(this.database)) - this.bytes) / runs),
    };
  }
}

interface Counters {
  readonly statements: number;
  readonly wal: number;
}

/** Read from another database, so that they don't count their own reading. */
async function readCounters(database: string): Promise<Counters> {
  const url = new URL(database);
  const name = url.pathname.slice(1);
  url.pathname = '/postgres';
  const [found] = await query<{ wal: number; statements: number }>(
    url.href,
    `select (pg_current_wal_insert_lsn() - '0/0')::float8 as wal,
            (select coalesce(sum(calls), 0)::float8 from pg_stat_statements
             where dbid = (select oid from pg_database where datname = '${name}')) as statements`,
  );
  return found!;
}

async function tableBytes(database: string): Promise<number> {
  await query(database, 'vacuum analyze');
  const [found] = await query<{ bytes: number }>(
    database,
    `select sum(pg_total_relation_size(oid))::float8 as bytes from pg_class
     where relkind = 'r' and relnamespace not in ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)`,
  );
  return found!.bytes;
}
