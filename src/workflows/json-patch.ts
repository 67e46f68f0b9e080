import { isJsonObject, type Json, type JsonObject } from '../common/json.js';
import { type JsonPatchOperation } from './json-patch.dto.js';
import {
  depthOf,
  existingAt,
  insertAt,
  type JsonDocument,
  locate,
  Misfit,
  removeAt,
  replaceAt,
} from './json-location.js';
import { sameJson } from './same-json.js';
import { limits } from './spec/limits.js';
import { PatchInvalidError } from './workflow.errors.js';

/**
 * Characters of all values that one patch may write. A few bytes of `copy` operations can double a document again and
 * again; a patch that respects this cannot.
 */
const WRITTEN_CHARACTERS = 8 * limits.specBytes;

/**
 * The spec with the patch (RFC 6902) applied; the given one is left as it is.
 * @throws PatchInvalidError naming the operation that does not fit
 */
export function patched(spec: JsonObject, patch: readonly JsonPatchOperation[]): JsonObject {
  const document: JsonDocument = { '': structuredClone(spec) };
  let room = WRITTEN_CHARACTERS;
  for (const [index, operation] of patch.entries()) {
    try {
      room -= apply(document, operation);
      if (room < 0) throw new Misfit(`the patch writes more than ${WRITTEN_CHARACTERS} characters.`);
      if (!isJsonObject(document[''])) throw new Misfit('what is left is not a JSON object.');
    } catch (error) {
      throw error instanceof Misfit ? new PatchInvalidError(index, error.message) : error;
    }
  }
  return document[''] as JsonObject;
}

/** @returns the characters written */
function apply(document: JsonDocument, operation: JsonPatchOperation): number {
  const { op, path } = operation;
  if (op === 'move') return move(document, operation);
  const target = locate(document, path);
  switch (op) {
    case 'add':
      return write(path, valueOf(operation), (value) => insertAt(target, value, path));
    case 'replace':
      existingAt(target, path);
      return write(path, valueOf(operation), (value) => replaceAt(target, value));
    case 'copy':
      return write(path, sourceOf(document, operation), (value) => insertAt(target, structuredClone(value), path));
    case 'remove':
      existingAt(target, path);
      removeAt(target);
      return 0;
    case 'test':
      if (sameJson(existingAt(target, path), valueOf(operation))) return 0;
      throw new Misfit(`the value at "${path}" is another one.`);
  }
}

function move(document: JsonDocument, operation: JsonPatchOperation): number {
  const { path, from } = operation;
  const value = sourceOf(document, operation);
  if (path === from) return 0;
  if (path.startsWith(`${from}/`)) throw new Misfit(`"${from}" cannot be moved into itself.`);
  removeAt(locate(document, from!));
  // Only now: taking something out of a list moves what stands behind it.
  return write(path, value, () => insertAt(locate(document, path), value, path));
}

function write(path: string, value: Json, put: (value: Json) => void): number {
  const characters = weigh(value, limits.jsonDepth - depthOf(path), path);
  put(value);
  return characters;
}

/** Roughly the characters of the value as JSON. @throws Misfit when it is nested deeper than there is room for */
function weigh(value: Json, depthLeft: number, path: string): number {
  if (typeof value === 'string') return value.length + 2;
  if (typeof value !== 'object' || value === null) return 4;
  if (depthLeft <= 0) throw new Misfit(`"${path}" would be nested more than ${limits.jsonDepth} deep.`);
  let characters = 2;
  for (const key in value) characters += key.length + weigh((value as JsonObject)[key]!, depthLeft - 1, path);
  return characters;
}

function valueOf({ op, value }: JsonPatchOperation): Json {
  if (value === undefined) throw new Misfit(`"${op}" needs a "value".`);
  return value;
}

function sourceOf(document: JsonDocument, { op, from }: JsonPatchOperation): Json {
  if (from === undefined) throw new Misfit(`"${op}" needs "from".`);
  return existingAt(locate(document, from), from);
}
