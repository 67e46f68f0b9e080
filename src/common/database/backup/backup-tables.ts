import pg, { type ClientBase } from 'pg';
import { JOBS_SCHEMA, keptJobTables } from '../../jobs/jobs-schema.js';
import { type BackupTable } from './backup-format.js';

/** What both a backup and a restore know of a table. */
export const nameOf = ({ schema, name }: Omit<BackupTable, 'columns'>): string =>
  `${pg.escapeIdentifier(schema)}.${pg.escapeIdentifier(name)}`;

export const columnsOf = ({ columns }: BackupTable): string => columns.map(pg.escapeIdentifier).join(', ');

/**
 * The tables that a backup consists of: all of Seer's, and those of jobs that must not get lost. Which migrations there were
 * is in the header, and tables of extensions belong to the database.
 */
export async function backupTables(client: ClientBase): Promise<BackupTable[]> {
  const { rows } = await client.query<BackupTable>(
    `select n.nspname as schema, c.relname as name,
            array_agg(a.attname::text order by a.attnum) filter (where a.attgenerated = '') as columns
       from pg_class c
       join pg_namespace n on n.oid = c.relnamespace
       join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
      where c.relkind in ('r', 'p') and not c.relispartition
        and (n.nspname = 'public' and c.relname <> 'migration' or n.nspname = $1 and c.relname = any($2))
        and not exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')
      group by n.nspname, c.relname
      order by n.nspname = $1, array_position($2, c.relname::text), c.relname`,
    [JOBS_SCHEMA, keptJobTables],
  );
  return rows;
}

/** Last numbers of the sequences that number rows, by their names. */
export async function readSequences(client: ClientBase): Promise<Record<string, string>> {
  const { rows } = await client.query<{ name: string; last: string | null }>(
    `select sequencename as name, last_value::text as last from pg_sequences where schemaname = 'public' order by 1`,
  );
  return Object.fromEntries(rows.flatMap(({ name, last }) => (last === null ? [] : [[name, last]])));
}
