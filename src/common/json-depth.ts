import { type Json } from './json.js';

const QUOTE = 34;
const BACKSLASH = 92;
/** `[` and `{`. */
const OPENING: ReadonlySet<number> = new Set([91, 123]);
/** `]` and `}`. */
const CLOSING: ReadonlySet<number> = new Set([93, 125]);

/** Whether objects and arrays lie more than `limit` deep inside one another in a JSON text. */
export function isDeeperThan(limit: number, json: string): boolean {
  if (json.length < 2 * limit) return false;
  for (let at = 0, depth = 0, inText = false; at < json.length; at++) {
    const code = json.charCodeAt(at);
    if (inText) {
      if (code === BACKSLASH) at += 1;
      else if (code === QUOTE) inText = false;
    } else if (code === QUOTE) inText = true;
    else if (OPENING.has(code) && ++depth > limit) return true;
    else if (CLOSING.has(code)) depth -= 1;
  }
  return false;
}

/** The same of a value that is no text yet. */
export function isValueDeeperThan(limit: number, value: Json): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return limit === 0 || Object.values(value).some((inner) => isValueDeeperThan(limit - 1, inner));
}
