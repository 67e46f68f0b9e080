import { isValueDeeperThan } from '../../common/json-depth.js';
import { isJsonObject, type Json, type JsonObject } from '../../common/json.js';
import { type NodeCatalogue } from '../nodes/catalogue.js';
import { type FindingList } from '../spec/findings.js';
import { limits } from '../spec/limits.js';
import { describe } from './describe.js';
import { everyNode } from './every-node.js';

/**
 * The first question of the preflight: is it an object, and small enough to be looked at more closely? Reports the first
 * reason why not; all that follows can then rely on the limits.
 */
export function checkSize(spec: Json, nodeTypes: NodeCatalogue, found: FindingList): spec is JsonObject {
  if (!isJsonObject(spec)) {
    found.error('spec-not-object', { pointer: '' }, `A spec is a JSON object, this is ${describe(spec)}.`);
    return false;
  }
  if (isValueDeeperThan(limits.jsonDepth, spec)) {
    const message = `Objects and arrays are nested more than ${limits.jsonDepth} deep.`;
    found.error('spec-too-deep', { pointer: '' }, message);
    return false;
  }
  const bytes = Buffer.byteLength(JSON.stringify(spec));
  if (bytes > limits.specBytes) {
    const message = `The spec has ${bytes} bytes, at most ${limits.specBytes} are allowed.`;
    found.error('spec-too-large', { pointer: '' }, message);
    return false;
  }
  return hasFewNodes(spec, nodeTypes, found);
}

function hasFewNodes(spec: JsonObject, nodeTypes: NodeCatalogue, found: FindingList): boolean {
  let nodes = 0;
  for (const { pointer } of everyNode(spec, nodeTypes)) {
    if (++nodes <= limits.nodes) continue;
    found.error(
      'too-many-nodes',
      { pointer },
      `The spec has more than ${limits.nodes} nodes; this is the first too many.`,
    );
    return false;
  }
  return true;
}
