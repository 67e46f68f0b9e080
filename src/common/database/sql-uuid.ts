export const FIRST_UUID = '00000000-0000-0000-0000-000000000000';
export const LAST_UUID = 'ffffffff-ffff-ffff-ffff-ffffffffffff';

/**
 * SQL of the lowest UUID version 7 that a moment may have: ids of rows are bounds of their time. PostgreSQL can read the time
 * of an id only from version 17 on.
 */
export function firstUuidAt(moment: string): string {
  const milliseconds = `greatest(extract(epoch from ${moment}) * 1000, 0)::bigint`;
  return `(lpad(to_hex(${milliseconds}), 12, '0') || repeat('0', 20))::uuid`;
}
