/** A condition of a `where`, with the values of its placeholders. */
export type Condition = readonly [sql: string, ...values: unknown[]];

/** All of them together; without any, everything. */
export function allOf(conditions: readonly Condition[]): { sql: string; values: unknown[] } {
  return {
    sql: conditions.map(([sql]) => `(${sql})`).join(' and ') || 'true',
    values: conditions.flatMap(([, ...values]) => values),
  };
}
