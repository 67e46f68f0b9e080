import { type ToolCatalogue } from '../../integrations/index.js';
import { type NodeCatalogue } from '../nodes/catalogue.js';
import { type Block, type NodeSpec } from '../spec/workflow-spec.js';
import { type Act } from './chain.js';
import { type CompiledBlock } from './compiled-block.js';
import { type BlockGraph, type GraphDraft } from './graph-draft.js';

/** What the emitting stage works with. */
export interface Emission {
  readonly nodeTypes: NodeCatalogue;
  readonly tools: ToolCatalogue;
  /** What is done to every graph before it is used. */
  finish(graph: BlockGraph): BlockGraph;
  /** Makes a graph of a nested block. */
  emitBlock(nodes: Block): CompiledBlock;
}

/**
 * Name of the graph node that begins with this node. Every name has a dot: LangGraph takes names such as `constructor`
 * for channels.
 */
export function entryName(node: NodeSpec): string {
  return `${node.id}.run`;
}

/** Nodes that are being emitted one after the other. */
export interface Sequence {
  readonly draft: GraphDraft;
  readonly emission: Emission;
  /** Adds an act to the chain that is open; `name` is the name of the graph node if it is the chain's first act. */
  act(name: string, act: Act): void;
  /** Makes a graph node of the open chain; a router follows it. @returns the name of the graph node */
  split(): string;
  /** Emits a block into the same graph, beginning at its first node and leading to `meet`. */
  branch(nodes: Block, meet: string): void;
}
