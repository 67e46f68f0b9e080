import { applyPatch, type Operation } from 'rfc6902';
import { isJsonObject, type JsonObject } from '../common/json.js';
import { type JsonPatchOperation } from './json-patch.dto.js';
import { PatchInvalidError } from './workflow.errors.js';

/** Members that would reach behind the object itself. */
const hiddenMember = /\/(__proto__|constructor|prototype)(\/|$)/;

/**
 * The spec with the patch applied; the given one is left as it is.
 * @throws PatchInvalidError naming the operation that does not fit
 */
export function patched(spec: JsonObject, patch: readonly JsonPatchOperation[]): JsonObject {
  const copy = { spec: structuredClone(spec) };
  patch.forEach((operation, index) => apply(copy, operation, index));
  if (!isJsonObject(copy.spec)) throw new PatchInvalidError(patch.length - 1, 'what is left is not a JSON object.');
  return copy.spec;
}

function apply(target: { spec: JsonObject }, operation: JsonPatchOperation, index: number): void {
  for (const pointer of [operation.path, operation.from ?? '']) {
    if (pointer !== '' && !pointer.startsWith('/'))
      throw new PatchInvalidError(index, `"${pointer}" is no JSON pointer.`);
    if (hiddenMember.test(pointer))
      throw new PatchInvalidError(index, `"${pointer}" names a member that specs do not have.`);
  }
  // The spec is a member of what is patched, so that an operation may replace it as a whole.
  const inside = { ...operation, path: `/spec${operation.path}`, from: `/spec${operation.from ?? ''}` } as Operation;
  const [problem] = applyPatch(target, [inside]);
  if (problem) throw new PatchInvalidError(index, reasonOf(problem, operation));
}

function reasonOf(problem: Error, { op, path, from }: JsonPatchOperation): string {
  if (problem.name === 'MissingError')
    return `there is nothing at "${op === 'move' || op === 'copy' ? (from ?? '') : path}".`;
  if (problem.name === 'TestError') return `the value at "${path}" is another one.`;
  return `"${op}" is not possible at "${path}".`;
}
