import { approvalNode } from './approval.node.js';
import { type NodeType } from './define-node.js';
import { failNode } from './fail.node.js';
import { forEachNode } from './for-each.node.js';
import { ifNode } from './if.node.js';
import { llmNode } from './llm.node.js';
import { parallelNode } from './parallel.node.js';
import { repeatNode } from './repeat.node.js';
import { setNode } from './set.node.js';
import { stopNode } from './stop.node.js';
import { switchNode } from './switch.node.js';
import { toolNode } from './tool.node.js';
import { waitNode } from './wait.node.js';
import { workflowNode } from './workflow.node.js';

/** Every node type; a new one is a file beside this one and a line here. */
export const nodeTypes: readonly NodeType[] = [
  setNode,
  toolNode,
  llmNode,
  ifNode,
  switchNode,
  forEachNode,
  parallelNode,
  repeatNode,
  waitNode,
  approvalNode,
  workflowNode,
  stopNode,
  failNode,
];

/** Node types by key. */
export type NodeCatalogue = ReadonlyMap<string, NodeType>;

export const nodeCatalogue: NodeCatalogue = new Map(nodeTypes.map((type) => [type.key, type]));
