import pg from 'pg';
import { hotReadSettings } from '../../src/common/database/hot-reads.js';
import { OWNER_SETTING } from '../../src/common/database/walls/ownership.js';
import { connect } from './database.js';
import { rolesIn } from './walls.js';

/** What statements read. */
export interface Work {
  /** Of tables with many rows, those that filters took away included. */
  readonly rows: number;
  /** Pages of 8 KB. */
  readonly buffers: number;
}

interface Statement {
  readonly text: string;
  readonly values: readonly unknown[];
  /** Planned once for all values, or for these. */
  readonly isPrepared: boolean;
}

interface PlanNode {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Actual Rows': number;
  readonly 'Actual Loops': number;
  readonly 'Rows Removed by Filter'?: number;
  readonly 'Rows Removed by Index Recheck'?: number;
  readonly 'Shared Hit Blocks': number;
  readonly 'Shared Read Blocks': number;
  readonly Plans?: PlanNode[];
}

const real = pg.Client.prototype.query;
/** Statements that come by the clock, and of who asks. */
const others =
  /pgboss|set_config|run_worker|api_key|encryption_key|^(begin|commit|rollback|explain|set|prepare|deallocate)/i;
/** Tables with more rows than this must not be read from one end to the other. */
const MANY = 10_000;

/** The statements that this process sends to the database, and what these cost there. */
export class Statements {
  private heard: Statement[] = [];

  private constructor(
    private readonly behind: pg.Client,
    private readonly large: ReadonlySet<string>,
    private readonly userId: string,
  ) {}

  /** @param userId internal id of the user who asks */
  static async listen(url: string, userId: string): Promise<Statements> {
    const behind = await connect(url);
    const { rows } = await behind.query<{ relname: string }>(
      `select relname from pg_class where relkind = 'r' and reltuples > ${MANY}`,
    );
    const statements = new Statements(behind, new Set(rows.map(({ relname }) => relname)), userId);
    pg.Client.prototype.query = function (this: pg.Client, ...args: Parameters<typeof real>) {
      if (this !== behind) statements.hear(...(args as unknown as [string | Partial<pg.QueryConfig>, unknown]));
      return (real as (...all: unknown[]) => unknown).apply(this, args);
    } as typeof real;
    return statements;
  }

  async close(): Promise<void> {
    pg.Client.prototype.query = real;
    await this.behind.end();
  }

  async ask<Row extends pg.QueryResultRow>(sql: string, values: unknown[]): Promise<Row[]> {
    return (await this.behind.query<Row>(sql, values)).rows;
  }

  /** @returns what `act` gives, and the work of its statements, each executed again and looked at */
  async workOf<Result>(act: () => Promise<Result>): Promise<[Result, Work]> {
    this.heard = [];
    const result = await act();
    const sum = { rows: 0, buffers: 0 };
    for (const statement of this.heard.splice(0)) {
      const plan = await this.explain(statement);
      sum.rows += this.rowsIn(plan, statement);
      sum.buffers += plan['Shared Hit Blocks'] + plan['Shared Read Blocks'];
    }
    return [result, sum];
  }

  /** Does it and undoes it. @returns large tables that it read from one end to the other, those of foreign keys included */
  async scannedBy(sql: string, values: unknown[]): Promise<string[]> {
    await this.behind.query('begin');
    await this.behind.query(sql, values);
    const scans = 'select relname from pg_stat_xact_user_tables where seq_scan > 0 order by 1';
    const { rows } = await this.behind.query<{ relname: string }>(scans);
    await this.behind.query('rollback');
    return rows.map(({ relname }) => relname).filter((table) => this.large.has(table));
  }

  private hear(query: string | Partial<pg.QueryConfig>, values: unknown): void {
    const text = typeof query === 'string' ? query : query.text!;
    if (others.test(text.trimStart())) return;
    const given = typeof query === 'string' ? values : (query.values ?? values);
    this.heard.push({
      text,
      values: Array.isArray(given) ? given : [],
      isPrepared: typeof query !== 'string' && query.name !== undefined,
    });
  }

  private async explain({ text, values, isPrepared }: Statement): Promise<PlanNode> {
    // As PostgreSQL does with a prepared statement that is executed often.
    await this.behind.query(`set plan_cache_mode = ${isPrepared ? 'force_generic_plan' : 'force_custom_plan'}`);
    for (const [name, value] of Object.entries(hotReadSettings)) {
      await this.behind.query(`set ${name} = ${isPrepared ? value : 'on'}`);
    }
    // As requests of the user do it, behind the second wall.
    await this.behind.query('select set_config($1, $2, false)', [OWNER_SETTING, this.userId]);
    await this.behind.query(`set role ${(await rolesIn(this.behind)).api}`);
    await this.behind.query(`prepare heard as ${text}`);
    const given = values.length === 0 ? '' : `(${values.map(literal).join(', ')})`;
    const { rows } = await this.behind.query<{ 'QUERY PLAN': [{ Plan: PlanNode }] }>(
      `explain (analyze, buffers, format json) execute heard${given}`,
    );
    await this.behind.query('deallocate heard');
    await this.behind.query('reset role');
    return rows[0]!['QUERY PLAN'][0].Plan;
  }

  private rowsIn(node: PlanNode, statement: Statement): number {
    const below = (node.Plans ?? []).reduce((sum, child) => sum + this.rowsIn(child, statement), 0);
    if (!node['Relation Name'] || !this.large.has(node['Relation Name'])) return below;
    if (node['Node Type'] === 'Seq Scan') throw new Error(`A scan of all ${node['Relation Name']}:\n${statement.text}`);
    const removed = (node['Rows Removed by Filter'] ?? 0) + (node['Rows Removed by Index Recheck'] ?? 0);
    return below + (node['Actual Rows'] + removed) * node['Actual Loops'];
  }
}

function literal(value: unknown): string {
  if (value === null || value === undefined) return 'null';
  if (value instanceof Date) return pg.escapeLiteral(value.toISOString());
  if (Array.isArray(value)) return pg.escapeLiteral(`{${value.map((one) => JSON.stringify(String(one))).join(',')}}`);
  return pg.escapeLiteral(String(value as string | number));
}
