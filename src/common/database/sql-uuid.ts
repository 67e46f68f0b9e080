/**
 * SQL of the lowest UUID version 7 that a moment may have: ids of rows are bounds of their time. PostgreSQL can read the time
 * of an id only from version 17 on.
 */
export function firstUuidAt(moment: string): string {
  const milliseconds = `greatest(extract(epoch from ${moment}) * 1000, 0)::bigint`;
  return `(lpad(to_hex(${milliseconds}), 12, '0') || repeat('0', 20))::uuid`;
}
