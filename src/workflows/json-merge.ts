import { isJsonObject, type Json, type JsonObject, pointerTo } from '../common/json.js';
import { sameJson } from './same-json.js';

/** What two people made of the same value, together. */
export interface Merge {
  /** With what `one` made of it where both changed the same. */
  readonly value: Json;
  /** Pointers into `one` to what both changed, each in another way; none: the changes go together. */
  readonly conflicts: readonly string[];
}

/**
 * Merges two changes of one JSON value. Members of objects are merged one by one, and so are lists of things with ids (nodes)
 * as long as only one side adds, removes or moves some. All else that both changed is a conflict: what looks like the same
 * place of a list may be another node by now, so nothing is guessed.
 */
export function merge(base: Json, one: Json, other: Json): Merge {
  const conflicts: string[] = [];
  const value = mergeAt('', { base, one, other }, conflicts);
  return { value: value!, conflicts };
}

/** A value in its three forms; undefined: it is not there. */
interface Forms<Value extends Json = Json> {
  readonly base: Value | undefined;
  readonly one: Value | undefined;
  readonly other: Value | undefined;
}

function mergeAt(pointer: string, forms: Forms, conflicts: string[]): Json | undefined {
  const { base, one, other } = forms;
  if (sameJson(other, base) || sameJson(one, other)) return one;
  if (sameJson(one, base)) return other;
  if (areAll(forms, isJsonObject)) return mergeObjects(pointer, forms, conflicts);
  if (areAll(forms, isListOfNamed)) return mergeLists(pointer, forms, conflicts);
  conflicts.push(pointer);
  return one;
}

function mergeObjects(pointer: string, { base, one, other }: Forms<JsonObject>, conflicts: string[]): JsonObject {
  const merged: JsonObject = {};
  for (const key of new Set([...Object.keys(one!), ...Object.keys(other!)])) {
    const forms = { base: memberOf(base!, key), one: memberOf(one!, key), other: memberOf(other!, key) };
    const value = mergeAt(pointerTo(pointer, key), forms, conflicts);
    if (value !== undefined) merged[key] = value;
  }
  return merged;
}

function mergeLists(pointer: string, { base, one, other }: Forms<Named[]>, conflicts: string[]): Json[] {
  const [was, mine, theirs] = [idsOf(base!), idsOf(one!), idsOf(other!)];
  const order = sameJson(mine, was) ? theirs : mine;
  if (order === mine && !sameJson(theirs, was) && !sameJson(theirs, mine)) {
    conflicts.push(pointer);
    return one!;
  }
  const find = (list: Named[], id: string) => list.find((item) => item.id === id);
  return [...new Set([...order, ...was])].flatMap((id) => {
    const place = mine.includes(id) ? pointerTo(pointer, mine.indexOf(id)) : pointer;
    return mergeAt(place, { base: find(base!, id), one: find(one!, id), other: find(other!, id) }, conflicts) ?? [];
  });
}

type Named = JsonObject & { id: string };

function idsOf(list: Named[]): string[] {
  return list.map(({ id }) => id);
}

/** A list of objects with ids, each another one. */
function isListOfNamed(value: Json | undefined): value is Named[] {
  if (!Array.isArray(value)) return false;
  const ids = value.map((item) => (isJsonObject(item) ? item.id : undefined));
  return ids.every((id) => typeof id === 'string') && new Set(ids).size === ids.length;
}

function areAll<Value extends Json>(
  forms: Forms,
  isOne: (value: Json | undefined) => value is Value,
): forms is Forms<Value> {
  return isOne(forms.base) && isOne(forms.one) && isOne(forms.other);
}

function memberOf(object: JsonObject, key: string): Json | undefined {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}
