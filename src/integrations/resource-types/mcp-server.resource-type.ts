import { cut } from '../credentials/text-finder.js';
import { type McpMetadata, withMcp } from '../tools/mcp/mcp-client.js';
import { toolsOf } from '../tools/mcp/mcp-tools.js';
import { originOf, originSchema, secretHeadersSchema } from './base-url.js';
import { defineResourceType } from './define-resource-type.js';

export const mcpServer = defineResourceType<McpMetadata>({
  key: 'mcp_server',
  title: 'MCP server',
  description:
    'A remote MCP server (streamable HTTP), for `mcp.call`. `bearer_token` is sent as a Bearer token; `password`, with ' +
    '`username`, as Basic credentials; `headers` names headers and the secrets that are their values. Further secrets are for ' +
    '`${secrets.<key>}` in the inputs of a node. All of them go to the origin of `url` only.',
  provider: 'mcp',
  metadata: {
    type: 'object',
    additionalProperties: false,
    required: ['url'],
    properties: {
      url: originSchema,
      username: { type: 'string', maxLength: 255, description: 'For Basic credentials (RFC 7617).' },
      headers: secretHeadersSchema,
    },
  },
  secrets: { type: 'object', additionalProperties: { type: 'string' } },
  example: { metadata: { url: 'https://mcp.example.com/mcp' }, secrets: { bearer_token: 't-123456' } },
  targets: ({ url }) => [originOf(url, '/url')],
  test: (access) =>
    withMcp(access, async (session) => {
      const { name, version } = session.client.getServerVersion() ?? { name: 'A server without a name', version: '?' };
      const tools = await toolsOf(session);
      return `${cut(name, 200)} ${cut(version, 100)}; ${tools.length} tools can be called.`;
    }),
});
