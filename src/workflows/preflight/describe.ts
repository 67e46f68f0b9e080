import { type Json } from '../../common/json.js';

/** What kind of JSON a value is, for a sentence: `a list`, `a string`, `null`. */
export function describe(value: Json): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}
