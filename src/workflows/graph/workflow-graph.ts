import { isJsonObject, type JsonObject } from '../../common/json.js';
import { type NodeCatalogue } from '../nodes/catalogue.js';
import { type NodeSpec } from '../spec/workflow-spec.js';

/** A node of the picture. */
export interface GraphNode {
  id: string;
  type: string;
  name: string | null;
  /** The node whose block it is in; null at the top. */
  parent: string | null;
  /** Which block of the parent, as a pointer inside it, such as `/then`. */
  block: string | null;
}

/** `source` comes before `target`; `label` says when, for the first node of a nested block. */
export interface GraphEdge {
  source: string;
  target: string;
  label: string | null;
}

export interface WorkflowGraph {
  nodes: GraphNode[];
  edges: GraphEdge[];
}

/** The picture of a spec: nodes in order, edges along each block and into nested ones. Incomplete nodes are left out. */
export function workflowGraph(spec: JsonObject, nodeTypes: NodeCatalogue): WorkflowGraph {
  const graph: WorkflowGraph = { nodes: [], edges: [] };
  addBlock(graph, spec.nodes, nodeTypes, null, null);
  return graph;
}

function addBlock(
  graph: WorkflowGraph,
  nodes: unknown,
  types: NodeCatalogue,
  parent: string | null,
  block: string | null,
): void {
  let before: string | null = null;
  for (const node of Array.isArray(nodes) ? (nodes as unknown[]) : []) {
    if (!isJsonObject(node) || typeof node.id !== 'string' || typeof node.type !== 'string') continue;
    const name = typeof node.name === 'string' ? node.name : null;
    graph.nodes.push({ id: node.id, type: node.type, name, parent, block });
    if (before) graph.edges.push({ source: before, target: node.id, label: null });
    else if (parent) graph.edges.push({ source: parent, target: node.id, label: block });
    for (const place of types.get(node.type)?.places(node as unknown as NodeSpec) ?? []) {
      if (place.kind === 'block') addBlock(graph, place.nodes, types, node.id, place.pointer);
    }
    addBlock(graph, node.on_error, types, node.id, '/on_error');
    before = node.id;
  }
}
