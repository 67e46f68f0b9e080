import { isJsonObject, type Json, type JsonObject, pointerTo } from '../common/json.js';
import { areTellable } from './json-difference.js';
import { sameJson } from './same-json.js';

/** What two people made of the same value, together. */
export interface Merge {
  /** With what `one` made of it where both changed the same. */
  readonly value: Json;
  /**
   * Pointers into `one` to what both changed, each in another way; none: the changes go together. Where they would be too long
   * together (`areTellable`), the value around them is the conflict.
   */
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
  const inner: string[] = [];
  const value = mergeInside(pointer, forms, inner);
  const isTold = value !== undefined && areTellable(inner);
  conflicts.push(...(isTold ? inner : [pointer]));
  return isTold ? value : one;
}

/** Undefined for what is not merged member by member. */
function mergeInside(pointer: string, forms: Forms, conflicts: string[]): Json | undefined {
  if (areAll(forms, isJsonObject)) return mergeObjects(pointer, forms, conflicts);
  if (areAll(forms, isListOfNamed)) return mergeLists(pointer, forms, conflicts);
  return undefined;
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
  const [was, mine, theirs] = [itemsOf(base!), itemsOf(one!), itemsOf(other!)];
  const [wasIds, mineIds, theirIds] = [[...was.keys()], [...mine.keys()], [...theirs.keys()]];
  const order = sameJson(mineIds, wasIds) ? theirIds : mineIds;
  if (order === mineIds && !sameJson(theirIds, wasIds) && !sameJson(theirIds, mineIds)) {
    conflicts.push(pointer);
    return one!;
  }
  return [...new Set([...order, ...wasIds])].flatMap((id) => {
    const mineNow = mine.get(id);
    const place = mineNow ? pointerTo(pointer, mineNow.index) : pointer;
    const forms = { base: was.get(id)?.item, one: mineNow?.item, other: theirs.get(id)?.item };
    return mergeAt(place, forms, conflicts) ?? [];
  });
}

type Named = JsonObject & { id: string };

/** By id, in the order of the list: whoever may propose chooses its length, so nothing is searched for. */
function itemsOf(list: Named[]): Map<string, { readonly item: Named; readonly index: number }> {
  return new Map(list.map((item, index) => [item.id, { item, index }]));
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
