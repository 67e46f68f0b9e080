import { isJsonObject, type Json, type JsonObject } from '../../common/json.js';
import { parseTemplate } from '../expressions/template.js';
import { type NodeSpec } from '../spec/workflow-spec.js';
import { defineLeaf } from './define-node.js';
import { template } from './place.js';

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
    connection: { type: 'string', pattern: '^conn_', description: 'The account to use.' },
    resource: { type: 'string', pattern: '^res_', description: 'The resource to use.' },
  },
  required: ['tool'],
  example: {
    id: 'todo',
    type: 'tool',
    tool: 'http.request',
    inputs: { method: 'GET', url: 'https://api.example.com/todos/${inputs.id}' },
  },
  places: (node) => template('/inputs', node.inputs),
  valueSchema: (node, { tools }) => tools.get(node.tool)?.output ?? true,
  effect(node, tools) {
    const effect = tools.get(node.tool)?.effect ?? 'write';
    return typeof effect === 'function' ? effect(literalInputs(node)) : effect;
  },
  prepare(node) {
    const inputs = parseTemplate(literalInputs(node));
    return (execution) => {
      const evaluated = inputs.evaluate(execution.scope) as JsonObject;
      execution.showInputs(evaluated);
      return execution.callTool({ nodeId: node.id, tool: node.tool, inputs: evaluated }, execution);
    };
  },
});

function literalInputs(node: ToolNode): JsonObject {
  return isJsonObject(node.inputs) ? node.inputs : {};
}
