import { type PolicyDef } from '@mikro-orm/core';

/** The user for whom a connection works at the moment: their internal id. Nobody: it sees no row. */
export const OWNER_SETTING = 'seer.owner';

/**
 * Rows are those of the user whose internal id is in this column, which must not be null. Not `=`: the planner would take that for
 * a bound of an index, and begin to read where the user begins, not where the page does (measured: 190 ms a page in place of 2).
 */
export function ownedBy(column = 'user_id'): PolicyDef<unknown>[] {
  const owner = `nullif(current_setting('${OWNER_SETTING}', true), '')::bigint`;
  return [{ name: 'owner', using: `not ("${column}" is distinct from ${owner})` }];
}

/**
 * Rows belong to a row of a table that is owned: whoever sees that one sees them.
 * @param column of this table, such as `workflow_version.workflow_id`
 * @param whole that it points to, such as `workflow.id`
 */
export function partOf(column: string, whole: string): PolicyDef<unknown>[] {
  const [table] = whole.split('.');
  return [{ name: 'owner', using: `exists (select from ${table} where ${whole} = ${column})` }];
}
