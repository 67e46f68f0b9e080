import { isJsonObject, type Json, type JsonObject, pointerTo } from '../common/json.js';
import { type JsonPatchOperation } from './json-patch.dto.js';
import { sameJson } from './same-json.js';

/** Of all pointers of a difference or a merge together. */
const MOST_POINTER_CHARACTERS = 65_536;

/**
 * A JSON Patch (RFC 6902) that leads from one value to the other. Its cost grows with the size of the values only: lists
 * are compared by position between their equal ends, not by the shortest edit, which takes the square of their length. Where
 * pointers would be longer than {@link MOST_POINTER_CHARACTERS} together, the value is replaced as a whole.
 */
export function difference(from: Json, to: Json, pointer = ''): JsonPatchOperation[] {
  if (sameJson(from, to)) return [];
  const whole = [{ op: 'replace', path: pointer, value: to }] as const;
  const edits = editsBetween(from, to, pointer);
  return edits && areTellable(edits.map(({ path }) => path)) ? edits : [...whole];
}

/** Each pointer repeats the names of all that lies around: many of them can be far larger than the values. */
export function areTellable(pointers: readonly string[]): boolean {
  return pointers.length <= 1 || pointers.reduce((sum, { length }) => sum + length, 0) <= MOST_POINTER_CHARACTERS;
}

function editsBetween(from: Json, to: Json, pointer: string): JsonPatchOperation[] | undefined {
  if (Array.isArray(from) && Array.isArray(to)) return differenceOfLists(from, to, pointer);
  if (isJsonObject(from) && isJsonObject(to) && haveSameId(from, to)) return differenceOfObjects(from, to, pointer);
  return undefined;
}

/** Nodes with different ids are different nodes: replaced as a whole, not field by field. */
function haveSameId(from: JsonObject, to: JsonObject): boolean {
  return typeof from.id !== 'string' || typeof to.id !== 'string' || from.id === to.id;
}

function differenceOfObjects(from: JsonObject, to: JsonObject, pointer: string): JsonPatchOperation[] {
  const removed = Object.keys(from)
    .filter((key) => !Object.hasOwn(to, key))
    .map((key) => ({ op: 'remove' as const, path: pointerTo(pointer, key) }));
  const changed = Object.entries(to).flatMap(([key, value]) => {
    const path = pointerTo(pointer, key);
    return Object.hasOwn(from, key) ? difference(from[key]!, value, path) : [{ op: 'add' as const, path, value }];
  });
  return [...removed, ...changed];
}

function differenceOfLists(from: Json[], to: Json[], pointer: string): JsonPatchOperation[] {
  const shorter = Math.min(from.length, to.length);
  let head = 0;
  while (head < shorter && sameJson(from[head], to[head])) head++;
  let tail = 0;
  while (tail < shorter - head && sameJson(from.at(-1 - tail), to.at(-1 - tail))) tail++;

  const [fromEnd, toEnd] = [from.length - tail, to.length - tail];
  const bothEnd = Math.min(fromEnd, toEnd);
  const changed = to
    .slice(head, bothEnd)
    .flatMap((value, offset) => difference(from[head + offset]!, value, pointerTo(pointer, head + offset)));
  const added = to
    .slice(bothEnd, toEnd)
    .map((value, offset) => ({ op: 'add' as const, path: pointerTo(pointer, bothEnd + offset), value }));
  // Each removal moves the next one into its place.
  const removed = from
    .slice(bothEnd, fromEnd)
    .map(() => ({ op: 'remove' as const, path: pointerTo(pointer, bothEnd) }));
  return [...changed, ...added, ...removed];
}
