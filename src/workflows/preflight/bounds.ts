import { type NodeCatalogue } from '../nodes/catalogue.js';
import { type Block } from '../spec/workflow-spec.js';

/** The most node executions that a run of these nodes can take, loops at their limits; branches count in full. */
export function maxSteps(nodes: Block, nodeTypes: NodeCatalogue): number {
  let steps = 0;
  for (const node of nodes) {
    steps += 1;
    for (const place of nodeTypes.get(node.type)?.places(node) ?? []) {
      if (place.kind === 'block') steps += place.times * maxSteps(place.nodes as Block, nodeTypes);
    }
    if (Array.isArray(node.on_error)) steps += maxSteps(node.on_error as Block, nodeTypes);
  }
  return steps;
}
