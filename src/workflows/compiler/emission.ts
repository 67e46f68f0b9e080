import { type ToolCatalogue } from '../../integrations/index.js';
import { type NodeCatalogue } from '../nodes/catalogue.js';
import { type Block } from '../spec/workflow-spec.js';
import { type CompiledBlock } from './compiled-block.js';

/** What the emitting stage works with. */
export interface Emission {
  readonly nodeTypes: NodeCatalogue;
  readonly tools: ToolCatalogue;
  /** Makes a graph of a nested block. */
  emitBlock(nodes: Block): CompiledBlock;
}
