import { type Json, type JsonObject } from '../../common/json.js';
import { type JsonDocument, locate, replaceAt } from '../json-location.js';
import { nodeCatalogue } from '../nodes/catalogue.js';
import { everyNode } from '../preflight/every-node.js';
import { sameJson } from '../same-json.js';

/** Ids of nodes, in the order of their spec. */
export interface ChangedNodes {
  added: string[];
  changed: string[];
  removed: string[];
}

/** Which nodes differ between two specs. A node with blocks differs by what is its own, and by which nodes stand in them. */
export function changedNodes(from: Json, to: Json): ChangedNodes {
  const [before, after] = [nodesById(from), nodesById(to)];
  const ids = [...after.keys()];
  return {
    added: ids.filter((id) => !before.has(id)),
    changed: ids.filter((id) => before.has(id) && !sameJson(before.get(id), after.get(id))),
    removed: [...before.keys()].filter((id) => !after.has(id)),
  };
}

function nodesById(spec: Json): Map<string, Json> {
  const nodes = [...everyNode(spec, nodeCatalogue)].flatMap(({ node, pointer }) =>
    typeof node.id === 'string' ? [{ id: node.id, node, pointer }] : [],
  );
  return new Map(nodes.map(({ id, node, pointer }) => [id, withoutNested(node, pointer, nodes)]));
}

/** The node with ids in place of the nodes directly or indirectly inside it. */
function withoutNested(
  node: JsonObject,
  at: string,
  all: readonly { readonly id: string; readonly pointer: string }[],
): Json {
  const document: JsonDocument = { '': structuredClone(node) };
  // Inner ones first: an outer one takes their place away.
  for (const { id, pointer } of all.toReversed()) {
    if (pointer.startsWith(`${at}/`)) replaceAt(locate(document, pointer.slice(at.length)), id);
  }
  return document[''];
}
