import { type Json } from '../../common/json.js';
import { type CredentialNeeds, type Tool, type ToolCatalogue } from '../../integrations/index.js';
import { type NodeCatalogue } from '../nodes/catalogue.js';
import { type NodeUse } from '../nodes/define-node.js';
import { type NodeSpec } from '../spec/workflow-spec.js';
import { everyNode } from './every-node.js';

/** A use of a tool or a model at one place of a spec. */
export interface UseAt extends NodeUse {
  /** Id of the node. */
  readonly node: string | null;
  /** Pointer into the spec, to what names the tool. */
  readonly pointer: string;
  readonly toolPointer: string;
  /** Undefined when there is no such tool. */
  readonly tool: Tool | undefined;
  readonly needs: CredentialNeeds | undefined;
}

/** Everything that the nodes of a spec work with, in its order. */
export function* usesIn(
  spec: Json,
  { nodeTypes, tools }: { nodeTypes: NodeCatalogue; tools: ToolCatalogue },
): Generator<UseAt> {
  for (const { node, pointer } of everyNode(spec, nodeTypes)) {
    const type = typeof node.type === 'string' ? nodeTypes.get(node.type) : undefined;
    for (const use of type?.uses?.(node as unknown as NodeSpec) ?? []) {
      const tool = typeof use.what === 'string' ? tools.get(use.what) : undefined;
      const needs = typeof use.what === 'string' ? tool : use.what;
      const id = typeof node.id === 'string' ? node.id : null;
      const toolPointer = pointer + (use.toolPointer ?? `${use.pointer}/tool`);
      yield { ...use, node: id, pointer: pointer + use.pointer, toolPointer, tool, needs };
    }
  }
}
