import { type Json, type JsonObject } from '../../../common/json.js';
import { defineTool } from '../define-tool.js';
import { ToolError } from '../tool-error.js';
import { shorten } from '../verdict.js';
import { withMcp } from './mcp-client.js';
import { listMcpTools } from './mcp-tools.js';

interface CallInput extends JsonObject {
  tool: string;
  arguments: JsonObject;
}

export const mcpCall = defineTool<CallInput>({
  key: 'mcp.call',
  title: 'Call a tool of an MCP server',
  description:
    'Calls a tool of a remote MCP server (streamable HTTP). A result that the server marks as an error fails the node. A ' +
    'server that wants to ask somebody, or to use a model, is told that this is not possible.',
  resourceTypes: ['mcp_server'],
  takesSecrets: true,
  effect: 'write',
  input: {
    type: 'object',
    additionalProperties: false,
    required: ['tool'],
    properties: {
      tool: { type: 'string', minLength: 1, maxLength: 256, description: 'Its name at the server.' },
      arguments: { type: 'object', default: {}, description: "As the tool's own schema says." },
    },
  },
  output: {
    type: 'object',
    additionalProperties: false,
    required: ['content', 'structured', 'text', 'is_error'],
    properties: {
      content: { type: 'array', items: { type: 'object' }, description: 'What the tool gave, as in the protocol.' },
      structured: { description: 'Its structured content; null: none.' },
      text: { type: 'string', description: 'All texts of `content`, one line after the other.' },
      is_error: { const: false },
    },
  },
  example: { tool: 'search', arguments: { query: 'weather in Oslo' } },
  // A model sees the tools of the server, each with its own schema.
  functions: {
    async list(access, { tool: only }) {
      const found = await listMcpTools(access);
      const wanted = only === undefined ? found : found.filter(({ name }) => name === only);
      if (wanted.length === 0) {
        const which = only === undefined ? 'no tools' : `no tool ${JSON.stringify(only)}`;
        throw new ToolError('upstream-refused', `The MCP server has ${which}.`, false);
      }
      return wanted.map(({ name, description, inputSchema }) => ({ name, description, parameters: inputSchema }));
    },
    inputs: (tool, given) => ({ tool, arguments: given }),
  },
  async run(context, { tool, arguments: given }) {
    const result = await withMcp(context, ({ client, options }) =>
      client.callTool({ name: tool, arguments: given }, options),
    );
    const content = result.content as unknown as JsonObject[];
    const text = content.flatMap((part) => (part.type === 'text' ? [String(part.text as string)] : [])).join('\n');
    if (result.isError) {
      const message = `${tool} failed: ${text === '' ? 'it does not say why' : (shorten(text) as string)}`;
      throw new ToolError('upstream-refused', message, false, { content: shorten(content) });
    }
    return { content, structured: (result.structuredContent ?? null) as Json, text, is_error: false };
  },
});
