import { type Json, type JsonObject } from '../../src/common/json.js';

/** What a client makes of a JSON Patch (RFC 6902) of additions, removals and replacements. */
export function patchedByClient(document: JsonObject, patch: { op: string; path: string; value?: Json }[]): Json {
  const root = { '': structuredClone(document) as Json };
  for (const { op, path, value } of patch) {
    const steps = path.split('/').map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
    const key = steps.pop()!;
    const parent = steps.reduce<any>((inside, step) => inside[step], root);
    if (Array.isArray(parent)) parent.splice(Number(key), op === 'add' ? 0 : 1, ...(op === 'remove' ? [] : [value]));
    else if (op === 'remove') delete parent[key];
    else parent[key] = value;
  }
  return root[''];
}
