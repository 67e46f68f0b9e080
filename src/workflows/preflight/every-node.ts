import { isJsonObject, type Json, type JsonObject, pointerTo } from '../../common/json.js';
import { type NodeCatalogue } from '../nodes/catalogue.js';
import { type NodeSpec } from '../spec/workflow-spec.js';

/** All nodes of a spec with their pointers, outer ones first; whatever has the wrong shape is passed over. */
export function* everyNode(spec: Json, nodeTypes: NodeCatalogue): Generator<{ node: JsonObject; pointer: string }> {
  if (isJsonObject(spec)) yield* nodesOf(spec.nodes, '/nodes', nodeTypes);
}

function* nodesOf(
  nodes: unknown,
  pointer: string,
  nodeTypes: NodeCatalogue,
): Generator<{ node: JsonObject; pointer: string }> {
  if (!Array.isArray(nodes)) return;
  for (const [index, node] of nodes.entries()) {
    if (!isJsonObject(node)) continue;
    const at = pointerTo(pointer, index);
    yield { node, pointer: at };
    const type = typeof node.type === 'string' ? nodeTypes.get(node.type) : undefined;
    for (const place of type?.places(node as unknown as NodeSpec) ?? []) {
      if (place.kind === 'block') yield* nodesOf(place.nodes, at + place.pointer, nodeTypes);
    }
    yield* nodesOf(node.on_error, `${at}/on_error`, nodeTypes);
  }
}
