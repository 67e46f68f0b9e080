import type { EntityManager } from '@mikro-orm/postgresql';
import { prefixOf } from '../ciphertext.js';
import type { EncryptedColumn } from '../encrypted-column.js';

/** Pages of a table that are looked at in one statement; with short rows, some thousands. */
const PAGES = 64;

/** A value as it is stored, and where. `ctid` finds it quickly as long as its row stays as it is. */
export interface StoredValue {
  readonly ctid: string;
  readonly row: string;
  readonly owner: string;
  readonly value: string;
}

/**
 * The values of a column that are not under this key, part by part in the order of the table's pages: each page is read
 * once, whatever the size of the table, and no index is needed. What is written meanwhile may be missed.
 */
export async function* valuesNotUnder(
  em: EntityManager,
  { table, column, row, owner }: EncryptedColumn,
  keyId: string,
): AsyncGenerator<StoredValue[]> {
  for (let page = 0; page < (await pagesOf(em, table)); page += PAGES) {
    const values = await em.execute<StoredValue[]>(
      `select ctid::text as ctid, (${row})::text as "row", (${owner})::text as owner, "${column}" as value from "${table}"
        where ctid >= ?::tid and ctid < ?::tid and "${column}" is not null and not starts_with("${column}", ?)`,
      [`(${page},0)`, `(${page + PAGES},0)`, prefixOf(keyId)],
    );
    if (values.length > 0) yield values;
  }
}

/**
 * Replaces values that are still what they were. Rows that somebody else has locked are left for later: a transaction
 * that waits for one of ours then never waits in a circle.
 */
export async function replaceValues(
  em: EntityManager,
  { table, column }: EncryptedColumn,
  replacements: readonly { ctid: string; from: string; to: string }[],
): Promise<void> {
  await em.execute(
    `with wanted as (select ctid::tid as at, "from", "to" from jsonb_to_recordset(?::jsonb) as r (ctid text, "from" text, "to" text)),
      free as (select t.ctid as at, w."from", w."to" from "${table}" t join wanted w on t.ctid = w.at and t."${column}" = w."from"
        for update of t skip locked)
     update "${table}" t set "${column}" = f."to" from free f where t.ctid = f.at and t."${column}" = f."from"`,
    [JSON.stringify(replacements)],
  );
}

/** How many values of each column are not under this key. Reads the tables whole. */
export async function countNotUnder(
  em: EntityManager,
  columns: readonly EncryptedColumn[],
  keyId: string,
): Promise<{ table: string; column: string; rows: number }[]> {
  const counts = [];
  for (const { table, column } of columns) {
    const [{ rows }] = await em.execute<[{ rows: number }]>(
      `select count(*)::int as rows from "${table}" where "${column}" is not null and not starts_with("${column}", ?)`,
      [prefixOf(keyId)],
    );
    counts.push({ table, column, rows });
  }
  return counts;
}

/** SQL that is true when a value of these columns is under the key of the row `k` of `encryption_key`. */
export function inUseSql(columns: readonly EncryptedColumn[]): string {
  const uses = columns.map(
    ({ table, column }) =>
      `exists (select from "${table}" where starts_with("${column}", '${prefixOf("' || k.id || '")}'))`,
  );
  return uses.length > 0 ? `(${uses.join(' or ')})` : 'false';
}

async function pagesOf(em: EntityManager, table: string): Promise<number> {
  const [{ pages }] = await em.execute<[{ pages: number }]>(
    `select (pg_relation_size(?::regclass) / current_setting('block_size')::int)::int as pages`,
    [`"${table}"`],
  );
  return pages;
}
