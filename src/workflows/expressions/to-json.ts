import type { Json, JsonObject } from '../../common/json.js';
import { outputBudget, payForText, type Budget } from './budget.js';
import { Failure, fail } from './expression-error.js';
import { LIMITS } from './limits.js';
import { formatDuration } from './timestamps.js';
import { Duration, kindOf, type MapValue, type Optional } from './values.js';

/**
 * A value as it leaves an expression: a timestamp as ISO 8601 in UTC with milliseconds, a duration as `3.5s`, bytes as
 * base64, an optional as its value or null. What is JSON already is not copied, so the result may share parts with the
 * scope: neither may be changed afterwards.
 *
 * @param room what is left for the result, in bytes of JSON (UTF-8, escapes not counted)
 * @throws Failure for NaN and the infinities, for class instances, and for text that PostgreSQL cannot store: NUL, and
 *   surrogates without their partner
 */
export function toJson(value: unknown, work: Budget, room: Budget, depth = 0): Json {
  if (depth > LIMITS.valueDepth) {
    throw new Failure('expression-too-costly', `The result is nested deeper than ${LIMITS.valueDepth}`);
  }
  work.spend(1);
  const kind = kindOf(value);
  if (kind === 'string') return storable(value as string, work, room);
  if (kind === 'list') return listToJson(value as unknown[], work, room, depth);
  if (kind === 'map') return mapToJson(value as MapValue, work, room, depth);
  if (kind === 'optional') return toJson((value as Optional).value ?? null, work, room, depth);
  return scalarToJson(value, work, room);
}

/** Text for people: a string as it is, everything else as its JSON. */
export function toText(value: unknown, work: Budget, room: Budget = outputBudget()): string {
  const json = toJson(value, work, room);
  return typeof json === 'string' ? json : JSON.stringify(json);
}

function scalarToJson(value: unknown, work: Budget, room: Budget): Json {
  if (value instanceof Date) return storable(value.toISOString(), work, room);
  if (value instanceof Duration) return storable(formatDuration(value), work, room);
  if (value instanceof Uint8Array) {
    payForText(value.length * 1.34, work);
    return storable(Buffer.from(value).toString('base64'), work, room);
  }
  room.spend(4);
  if (typeof value !== 'number') return value as null | boolean;
  if (!Number.isFinite(value)) return fail('The result is not a finite number');
  return value;
}

function storable(text: string, work: Budget, room: Budget): string {
  work.spendText(text.length);
  room.spend(text.length + 2);
  if (text.includes('\0')) return fail('The text contains a NUL character, which cannot be stored');
  if (!text.isWellFormed()) return fail('The text contains half of a surrogate pair, which cannot be stored');
  room.spend(Buffer.byteLength(text) - text.length);
  return text;
}

function listToJson(list: readonly unknown[], work: Budget, room: Budget, depth: number): Json {
  let changed = false;
  room.spend(list.length + 2);
  const items = list.map((item) => {
    const json = toJson(item ?? null, work, room, depth + 1);
    changed ||= json !== item;
    return json;
  });
  return changed ? items : (list as Json[]);
}

function mapToJson(map: MapValue, work: Budget, room: Budget, depth: number): Json {
  const prototype: unknown = Object.getPrototypeOf(map);
  // A plain object of any realm: its prototype is the end of the chain.
  if (prototype !== null && Object.getPrototypeOf(prototype) !== null) return fail('The result is not a JSON value');

  let changed = false;
  const entries: [string, Json][] = [];
  for (const [key, value] of Object.entries(map)) {
    room.spend(2);
    const json = value === undefined ? undefined : toJson(value, work, room, depth + 1);
    changed ||= json !== value || json === undefined;
    if (json !== undefined) entries.push([storable(key, work, room), json]);
  }
  // fromEntries defines own properties: a key "__proto__" stays a key.
  return changed ? Object.fromEntries<Json>(entries) : (map as JsonObject);
}
