import pg from 'pg';
import { type PostgresSession } from './postgres-session.js';

/** A type of PostgreSQL, as far as values are converted by it. */
export interface PostgresType {
  /** As in `pg_type`, with `[]` for arrays: `int4`, `timestamptz`, `text[]`, `mood`. */
  readonly name: string;
  /** Of an array: name of the type of its elements. */
  readonly element?: string;
}

/** Types by their oid. */
export type PostgresTypes = ReadonlyMap<number, PostgresType>;

const builtIn: PostgresTypes = new Map(
  Object.entries(pg.types.builtins).map(([name, oid]) => [Number(oid), { name: name.toLowerCase() }]),
);

interface TypeRow extends pg.QueryResultRow {
  readonly oid: string;
  readonly name: string;
  /** Null where it is no array that is written with commas. */
  readonly element: string | null;
}

/** Arrays are those of category A; only `box` has another separator. */
const lookUp = `
  select t.oid::text as oid, t.typname::text as name, e.typname::text as element
    from pg_catalog.pg_type t
    left join pg_catalog.pg_type e on e.oid = t.typelem and t.typcategory = 'A' and e.typdelim = ','
   where t.oid = any($1::oid[])`;

/** The types of these oids; the server is asked about those that not every server has. */
export async function typesOf(session: PostgresSession, oids: readonly number[]): Promise<PostgresTypes> {
  const unknown = [...new Set(oids)].filter((oid) => !builtIn.has(oid));
  if (unknown.length === 0) return builtIn;
  const rows = await session.rows<TypeRow>(lookUp, [`{${unknown.join(',')}}`]);
  const found = rows.map(({ oid, name, element }): [number, PostgresType] => [
    Number(oid),
    element === null ? { name } : { name: `${element}[]`, element },
  ]);
  return new Map([...builtIn, ...found]);
}
