import { createHash } from 'node:crypto';
import { hashJson } from '../../../common/canonical-json.js';
import { type Json } from '../../../common/json.js';

/** What is not listed any more is remembered for a while: lists flap between servers and caches. */
const MOST_GONE = 2_000;

/** The identity of an item in a cursor: 96 bits are enough to tell some thousands apart. */
export function markOf(identity: Json): string {
  return createHash('sha256').update(hashJson(identity)).digest('base64url').slice(0, 16);
}

/**
 * What of a list is new. An item is known by its mark alone: in another order, edited, gone and back again, it is the same.
 * @param listed marks of all items, in the order of the list
 * @param seen marks of what was seen before; undefined: all that is listed now was there before
 * @param most how many new ones are taken at once
 * @returns the positions of new items, and what is seen from now on; what is left is new the next time
 */
export function whatIsNew(
  listed: readonly string[],
  seen: readonly string[] | undefined,
  most: number,
): { fresh: number[]; seen: string[]; more: boolean } {
  if (!seen) return { fresh: [], seen: [...new Set(listed)], more: false };
  const known = new Set(seen);
  const found = [...new Map(listed.map((mark, index) => [mark, index])).entries()]
    .filter(([mark]) => !known.has(mark))
    .map(([, index]) => index)
    .toSorted((one, other) => one - other);
  const fresh = found.slice(0, most);
  const present = new Set(listed);
  const gone = seen.filter((mark) => !present.has(mark));
  const here = seen.filter((mark) => present.has(mark));
  // The newest last: what has been gone for longest is forgotten first.
  const kept = [...gone.slice(-MOST_GONE), ...here, ...fresh.map((index) => listed[index]!)];
  return { fresh, seen: kept, more: found.length > fresh.length };
}
