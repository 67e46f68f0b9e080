import { isJsonObject, type Json, type JsonObject } from '../common/json.js';

/** A JSON document that can be changed, even as a whole: it is the one member of this object, named "". */
export interface JsonDocument extends JsonObject {
  '': Json;
}

/** A place in a document: a member of an object or array, which may not be there yet. */
export interface Location {
  readonly parent: Json;
  readonly key: string;
}

/** Why an operation does not fit; the sentence goes to the caller. */
export class Misfit extends Error {
  override readonly name = 'Misfit';
}

const pointerForm = /^(\/([^~/]|~[01])*)*$/;

/** Index of an array element (RFC 6901 section 4: no leading zeros). */
const indexForm = /^(0|[1-9]\d{0,8})$/;

/**
 * The place that an RFC 6901 pointer names.
 * @throws Misfit when it is no pointer, or leads through something that is not there
 */
export function locate(document: JsonDocument, pointer: string): Location {
  const tokens = tokensOf(pointer);
  const key = tokens.pop()!;
  let parent: Json = document;
  for (const token of tokens) parent = valueAt({ parent, key: token }) ?? missing(pointer);
  return { parent, key };
}

/** How many objects and arrays lie around the place. */
export function depthOf(pointer: string): number {
  return tokensOf(pointer).length - 1;
}

function tokensOf(pointer: string): string[] {
  if (!pointerForm.test(pointer)) throw new Misfit(`"${pointer}" is no JSON pointer (RFC 6901).`);
  // The text before the first slash is empty, and so is the name of the document.
  const tokens = pointer.split('/').map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'));
  if (tokens.includes('__proto__')) throw new Misfit(`"${pointer}" has the name "__proto__", which specs cannot have.`);
  return tokens;
}

/** What is there; undefined when nothing is. Only what is the value's own: `constructor` is nothing special. */
export function valueAt({ parent, key }: Location): Json | undefined {
  if (Array.isArray(parent)) return indexForm.test(key) ? parent[Number(key)] : undefined;
  return isJsonObject(parent) && Object.hasOwn(parent, key) ? parent[key] : undefined;
}

/** Like `valueAt`. @throws Misfit when nothing is there */
export function existingAt(location: Location, pointer: string): Json {
  const value = valueAt(location);
  return value === undefined ? missing(pointer) : value;
}

/** Puts a value before the array element that is there, or makes it the member of an object. @throws Misfit */
export function insertAt({ parent, key }: Location, value: Json, pointer: string): void {
  if (Array.isArray(parent)) {
    const index = key === '-' ? parent.length : indexForm.test(key) ? Number(key) : Infinity;
    if (index > parent.length) throw new Misfit(`"${pointer}" is no place in a list of ${parent.length}.`);
    parent.splice(index, 0, value);
  } else if (isJsonObject(parent)) {
    parent[key] = value;
  } else {
    missing(pointer);
  }
}

/** Puts a value in the place of what is there. */
export function replaceAt({ parent, key }: Location, value: Json): void {
  if (Array.isArray(parent)) parent[Number(key)] = value;
  else if (isJsonObject(parent)) parent[key] = value;
}

/** Takes away what is there. */
export function removeAt({ parent, key }: Location): void {
  if (Array.isArray(parent)) parent.splice(Number(key), 1);
  else if (isJsonObject(parent)) delete parent[key];
}

function missing(pointer: string): never {
  throw new Misfit(`there is nothing at "${pointer}".`);
}
