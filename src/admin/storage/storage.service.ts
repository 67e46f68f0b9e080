import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';
import { textArray } from '../../common/database/sql-array.js';
import { JOBS_SCHEMA } from '../../common/jobs/jobs-schema.js';
import { makePublicId } from '../../common/public-id.js';
import { OwnerResponse, ownerColumns, type OwnerRow } from '../../users/index.js';
import {
  type StorageQuery,
  StorageResponse,
  type TableSizeResponse,
  type WorkflowSizeResponse,
} from './storage.dto.js';

/** Pages of a table that are read at most: 3 MB, some ten thousand rows. */
const SAMPLED_PAGES = 400;
const PAGE_BYTES = 8_192;

const tableSizes = `
  select case when n.nspname = '${JOBS_SCHEMA}' then n.nspname || '.' else '' end || c.relname as table,
    greatest(c.reltuples, 0)::float8 as rows, pg_relation_size(c.oid)::float8 as heap_bytes,
    pg_indexes_size(c.oid)::float8 as index_bytes,
    coalesce(pg_total_relation_size(nullif(c.reltoastrelid, 0)), 0)::float8 as toast_bytes,
    pg_total_relation_size(c.oid)::float8 as total_bytes
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where c.relkind = 'r' and n.nspname in (current_schema(), '${JOBS_SCHEMA}')
  order by total_bytes desc, 1`;

const size = (...columns: string[]) => columns.map((column) => `coalesce(pg_column_size(${column}), 0)`).join(' + ');

/** What is counted by workflow, each from a sample. Column by column: the size of a whole row would read its large values. */
const parts = {
  runs: {
    table: 'workflow_run',
    sql: `select r.workflow_id, count(*)::float8 as rows, sum(150 + ${size('r.spec', 'r.inputs', 'r.outputs')})::float8 as weight
          from workflow_run r tablesample system (?::real) group by r.workflow_id`,
  },
  steps: {
    table: 'workflow_run_step',
    sql: `select r.workflow_id, count(*)::float8 as rows, sum(100 + ${size('s.inputs', 's.output', 's.error')})::float8 as weight
          from workflow_run_step s tablesample system (?::real)
          cross join lateral (select workflow_id from workflow_run where run_id = s.run_id limit 1) r group by r.workflow_id`,
  },
  events: {
    table: 'trigger_event',
    sql: `select s.workflow_id, count(*)::float8 as rows, sum(120 + ${size('e.event_data')})::float8 as weight
          from trigger_event e tablesample system (?::real)
          join trigger_subscription s on s.id = e.subscription_id group by s.workflow_id`,
  },
} as const;
type Part = keyof typeof parts;

interface SampleRow {
  /** Internal id. */
  workflow_id: string | null;
  rows: number;
  weight: number;
}

type Sizes = Record<Part | 'bytes', number>;

interface NamedRow extends OwnerRow {
  id: string;
  workflow_id: string;
  name: string;
}

/** How large the database is, and what makes it so. */
@Injectable()
export class StorageService {
  constructor(private readonly em: EntityManager) {}

  /** Reads the catalogue of the database, and a bounded number of rows, however many there are. */
  async get({ top }: StorageQuery): Promise<StorageResponse> {
    const tables = await this.em.execute<TableSizeResponse[]>(tableSizes);
    const sizes = new Map<string | null, Sizes>();
    let estimated = false;
    for (const part of Object.keys(parts) as Part[]) {
      const table = tables.find((one) => one.table === parts[part].table)!;
      const percent = Math.min(100, (100 * SAMPLED_PAGES * PAGE_BYTES) / Math.max(1, table.heap_bytes));
      estimated ||= percent < 100;
      addTo(sizes, part, await this.em.execute<SampleRow[]>(parts[part].sql, [percent]), table, percent);
    }
    const largest = [...sizes].toSorted(([, a], [, b]) => b.bytes - a.bytes).slice(0, top);
    const workflows = await this.named(largest);
    return Object.assign(new StorageResponse(), { computed_at: new Date(), tables, workflows, estimated });
  }

  private async named(largest: readonly (readonly [string | null, Sizes])[]): Promise<WorkflowSizeResponse[]> {
    const ids = largest.flatMap(([id]) => (id === null ? [] : [id]));
    const rows = await this.em.execute<NamedRow[]>(
      `select w.id::text, w.workflow_id, w.name, ${ownerColumns}
       from workflow w join "user" u on u.id = w.user_id where w.id = any(?::bigint[])`,
      [textArray(ids)],
    );
    const byId = new Map(rows.map((row) => [row.id, row]));
    return largest.map(([id, { runs, steps, events, bytes }]) => {
      const row = byId.get(id ?? '');
      return {
        workflow_id: row ? makePublicId('workflow', row.workflow_id) : null,
        name: row?.name ?? null,
        owner: row ? OwnerResponse.from(row) : null,
        ...{ runs, steps, events, bytes },
      };
    });
  }
}

/** The bytes of a table, with its indexes, are divided by what the sampled rows of each workflow weigh. */
function addTo(
  sizes: Map<string | null, Sizes>,
  part: Part,
  sample: readonly SampleRow[],
  { total_bytes: total }: TableSizeResponse,
  percent: number,
): void {
  const weight = sample.reduce((sum, row) => sum + row.weight, 0);
  for (const row of sample) {
    const id = row.workflow_id === null ? null : String(row.workflow_id);
    const known = sizes.get(id) ?? { runs: 0, steps: 0, events: 0, bytes: 0 };
    known[part] = Math.round((row.rows * 100) / percent);
    known.bytes += Math.round((total * row.weight) / weight);
    sizes.set(id, known);
  }
}
