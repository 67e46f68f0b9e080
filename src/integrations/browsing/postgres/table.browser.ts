import { cut } from '../../credentials/text-finder.js';
import { BrowsingInvalidError } from '../../integrations.errors.js';
import { inPostgres } from '../../tools/postgres/postgres-session.js';
import { defineBrowser } from '../define-browser.js';

type TableRow = Record<'id' | 'schema' | 'name' | 'columns', string>;

/** What the role may read, in the order of the names; each time those after one of them. */
const readable = `
  select format('%I.%I', n.nspname, c.relname) as id, n.nspname::text as schema, c.relname::text as name,
         (select coalesce(string_agg(format('%s %s', a.attname, format_type(a.atttypid, a.atttypmod)), ', ' order by a.attnum), '')
            from pg_catalog.pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped) as columns
    from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
   where c.relkind in ('r', 'p', 'v', 'm', 'f')
     and n.nspname not in ('pg_catalog', 'information_schema') and n.nspname not like 'pg\\_%'
     and has_schema_privilege(n.oid, 'usage') and has_table_privilege(c.oid, 'select')
     and position(lower($1) in lower(n.nspname || '.' || c.relname)) > 0
     and (n.nspname::text collate "C", c.relname::text collate "C") > ($2, $3)
   order by n.nspname::text collate "C", c.relname::text collate "C"
   limit $4::int`;

/** So much of the columns is shown. */
const DESCRIPTION_CHARACTERS = 1_000;

export const tableBrowser = defineBrowser({
  provider: 'postgres',
  key: 'table',
  title: 'tables',
  resourceTypes: ['postgres_database'],
  async list(access, { query = '', cursor, limit }) {
    const after = positionOf(cursor);
    const rows = await inPostgres(access, { write: false, timeoutMs: 10_000 }, (session) =>
      session.rows<TableRow>(readable, [query, ...after, String(limit + 1)]),
    );
    const shown = rows.slice(0, limit);
    const last = shown.at(-1);
    return {
      items: shown.map(({ id, schema, name, columns }) => ({
        id,
        title: `${schema}.${name}`,
        description: cut(columns, DESCRIPTION_CHARACTERS),
      })),
      ...(rows.length > limit && last && { nextCursor: JSON.stringify([last.schema, last.name]) }),
    };
  },
});

/** @throws BrowsingInvalidError when it is none of ours */
function positionOf(cursor: string | undefined): [schema: string, name: string] {
  if (cursor === undefined) return ['', ''];
  try {
    const [schema, name, ...more] = JSON.parse(cursor) as unknown[];
    if (typeof schema === 'string' && typeof name === 'string' && more.length === 0) return [schema, name];
  } catch {
    // Said below.
  }
  throw new BrowsingInvalidError('/cursor', 'This is no cursor of a list of tables.');
}
