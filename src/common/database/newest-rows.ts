import { type HotRead } from './hot-reads.js';
import { FIRST_UUID, firstUuidAt, LAST_UUID } from './sql-uuid.js';

/** A column that an index begins with, and the values of it that are wanted. */
export interface Wanted {
  readonly column: string;
  readonly type: 'bigint' | 'text';
  readonly values: readonly string[];
}

/** Some of the wanted rows: those that one index has, which begins with these columns and goes on with the id. */
export interface Walk {
  readonly wanted: readonly Wanted[];
  /** What else is true of them; the predicate of a partial index stands here word by word. */
  readonly where?: string | undefined;
}

/** Takes a value for a statement. @returns the SQL that stands for it */
export type Binder = (given: unknown, type: string) => string;

/** The statement that reads the rows whose id is `= ids`. */
export type SelectOf = (ids: string, value: Binder) => string;

export interface NewestRows {
  /** Of the statement; another `where`, `select` or other columns need another name. */
  readonly name: string;
  readonly table: string;
  /** Its key, a UUID version 7. It has a column `created_at` too. */
  readonly id: string;
  readonly walks: readonly Walk[];
  /** A further column of all the indexes, after the id, and its only value. */
  readonly only?: { readonly column: string; readonly value: string } | undefined;
  /** Rows that were made in this time. ISO 8601. */
  readonly after?: string | undefined;
  readonly before?: string | undefined;
  /** There are no rows from before this moment: where to stop looking. As PostgreSQL reads it. */
  readonly since?: string | undefined;
  /** The last id of the page before. */
  readonly below?: string | undefined;
  readonly count: number;
  readonly select: SelectOf;
}

/** Id and `created_at` of a row are made one after the other by the same clock: this is far more than lies between them. */
const CLOSE = `interval '2 seconds'`;

/**
 * A page of a large table, the newest rows first. Of each combination of the wanted values as many ids as a page has are
 * read, from one place of one index; the newest of these are the page. So the last page costs what the first does, and a value
 * that few rows have what a frequent one does (docs/decisions/0034).
 *
 * Bounds and order name all columns of the index where equality would do. So no other index can give this order, whatever
 * the statistics say: the planner likes to scan the key and to pass by the rows of others, however many they are.
 */
export function newestRows(rows: NewestRows): { read: HotRead; values: unknown[] } {
  const values: unknown[] = [];
  const value: Binder = (given, type) => `$${values.push(given)}::${type}`;
  const count = value(rows.count, 'int');
  const { bounds, exactly } = timeOf(rows, value);
  const walks = rows.walks.map(({ wanted, where }) => {
    const sets = wanted.map(
      ({ column, type, values: all }) => `unnest(${value(all, `${type}[]`)}) as of_${column} (${column})`,
    );
    const places = [...wanted.map(({ column }) => `t.${column}`), `t.${rows.id}`];
    const bound = (id: string): string => [...wanted.map(({ column }) => `of_${column}.${column}`), id].join(', ');
    const conditions = [
      `(${places.join(', ')}) < (${bound(bounds.below)})`,
      `(${places.join(', ')}) >= (${bound(bounds.from)})`,
      ...(where ? [where] : []),
      ...exactly,
    ];
    return `
      select found.${rows.id} from ${sets.join(' cross join ')} cross join lateral (
        select t.${rows.id} from ${rows.table} t where ${conditions.join(' and ')}
        order by ${places.map((place) => `${place} desc`).join(', ')} limit ${count}
      ) found`;
  });
  const ids = `select ${rows.id} from (${walks.join(' union all ')}) w order by ${rows.id} desc limit ${count}`;
  // As an array: a join may be planned as a scan of all rows.
  const text = rows.select(`any(array(${ids}))`, value);
  const name = [rows.name, rows.only && 'only', rows.after && 'after', rows.before && 'before', rows.since && 'since'];
  return { read: { name: name.filter(Boolean).join(' '), text }, values };
}

/** Which ids are possible at all, and what is asked of the rows besides. */
function timeOf(rows: NewestRows, value: Binder) {
  const exactly = rows.only ? [`t.${rows.only.column} = ${value(rows.only.value, 'bigint')}`] : [];
  const below = [value(rows.below ?? LAST_UUID, 'uuid')];
  const from = [value(FIRST_UUID, 'uuid')];
  if (rows.before !== undefined) {
    const moment = value(rows.before, 'timestamptz');
    exactly.push(`t.created_at < ${moment}`);
    below.push(firstUuidAt(`${moment} + ${CLOSE}`));
  }
  if (rows.after !== undefined) {
    const moment = value(rows.after, 'timestamptz');
    exactly.push(`t.created_at >= ${moment}`);
    from.push(firstUuidAt(`${moment} - ${CLOSE}`));
  }
  if (rows.since !== undefined) from.push(firstUuidAt(`${value(rows.since, 'timestamptz')} - ${CLOSE}`));
  return { bounds: { below: `least(${below.join(', ')})`, from: `greatest(${from.join(', ')})` }, exactly };
}
