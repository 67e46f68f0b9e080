import { isJsonObject, type Json, type JsonObject } from '../../common/json.js';
import { type JsonSchema } from '../../common/json-schema.js';
import { type NodeSpec } from '../spec/workflow-spec.js';
import { defineLeaf, type NodeUse } from './define-node.js';
import { parseToolInputs, toolInputsPlace } from './tool-inputs.js';

/** Which account and which resource a node works with. */
export const credentialFields: Readonly<Record<string, JsonSchema>> = {
  connection: {
    type: 'string',
    pattern: '^conn_[0-9a-f-]{36}$',
    description: 'The account to use, `conn_…`; left out, that of the resource, or the only one of the provider.',
  },
  resource: {
    type: 'string',
    pattern: '^res_[0-9a-f-]{36}$',
    description: 'The resource to use, `res_…`; left out, the only one of its type.',
  },
};

interface ToolNode extends NodeSpec {
  readonly tool: string;
  readonly inputs?: { readonly [name: string]: Json };
  readonly connection?: string;
  readonly resource?: string;
}

export const toolNode = defineLeaf<ToolNode>({
  key: 'tool',
  title: 'Call a tool',
  description: "Calls one of the tools of `GET /v1/registries/tools`. Its value is the tool's output.",
  fields: {
    tool: { type: 'string', description: 'Key of the tool, such as `http.request`.' },
    inputs: { type: 'object', description: "The tool's inputs, with `${…}` expressions inside." },
    ...credentialFields,
  },
  required: ['tool'],
  example: {
    id: 'todo',
    type: 'tool',
    tool: 'http.request',
    inputs: { method: 'GET', url: 'https://api.example.com/todos/${inputs.id}' },
  },
  places: (node) => toolInputsPlace('/inputs', node.inputs),
  uses: (node) => (typeof node.tool === 'string' ? [useOf(node.tool, node, '')] : []),
  valueSchema: (node, { tools }) => tools.get(node.tool)?.output ?? true,
  effect(node, tools) {
    const effect = tools.get(node.tool)?.effect ?? 'write';
    return typeof effect === 'function' ? effect(literalInputs(node)) : effect;
  },
  prepare(node) {
    const { id: nodeId, tool, connection, resource } = node;
    const evaluate = parseToolInputs(literalInputs(node));
    return (execution) => {
      const inputs = evaluate(execution.scope);
      execution.showInputs(inputs.inputs);
      return execution.callTool({ nodeId, tool, ...inputs, connection, resource }, execution);
    };
  },
});

function literalInputs({ inputs }: Pick<ToolNode, 'inputs'>): JsonObject {
  return isJsonObject(inputs) ? inputs : {};
}

/** The use of a tool by something that names its inputs, an account, a resource. @param pointer to that, inside the node */
export function useOf(what: string, by: Partial<ToolNode>, pointer: string): NodeUse {
  const { connection, resource } = by;
  return {
    what,
    pointer,
    inputs: literalInputs(by),
    ...(typeof connection === 'string' && { connection }),
    ...(typeof resource === 'string' && { resource }),
  };
}
