import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo } from 'node:net';
import { toNodeHandler } from '@modelcontextprotocol/node';
import { createMcpHandler, fromJsonSchema, McpServer } from '@modelcontextprotocol/server';
import { specOf } from './factories.js';
import { type Manner } from './parrot.js';
import { failures } from './parrot-phrases.js';
import { makeResource } from './resources.js';
import { type SecretsWorld } from './secrets-world.js';

/** An MCP server that repeats the token, the key and the arguments that it is given. */
export interface McpParrot {
  readonly url: string;
  close(): Promise<void>;
}

/** Tools by the way in which they repeat something. */
const tools = ['says', 'refuses', 'throws', 'structures', 'is-not-there'];

export async function startMcpParrot(): Promise<McpParrot> {
  const server = createServer((request, response) => {
    const { authorization = '', 'x-key': key = '' } = request.headers;
    const secrets = [authorization.replace('Bearer ', ''), String(key)].join(' ');
    const handle = toNodeHandler(createMcpHandler(() => makeServer(secrets), { legacy: 'reject' }));
    void handle(request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function makeServer(secrets: string): McpServer {
  const all = `${secrets} ${Buffer.from(`a${secrets}`).toString('base64')} ${encodeURIComponent(secrets)}`;
  const server = new McpServer({ name: `Parrot ${all}`, version: `1 ${all}` });
  const inputSchema = fromJsonSchema({ type: 'object', description: all });
  const about = { description: `Repeats ${all}`, inputSchema };
  const content = (given: unknown) => [{ type: 'text' as const, text: `${all} ${JSON.stringify(given)}` }];
  server.registerTool('says', about, (given) => ({ content: content(given) }));
  server.registerTool('refuses', about, (given) => ({ content: content(given), isError: true }));
  server.registerTool('structures', about, (given) => ({
    content: content(given),
    structuredContent: { [all]: given, list: [all] },
  }));
  server.registerTool('throws', about, () => {
    throw Object.assign(new Error(all, { cause: all }), { code: -32_001, data: { [all]: all } });
  });
  return server;
}

export async function callMcp(world: SecretsWorld, { url }: McpParrot): Promise<void> {
  const nodes: object[] = [];
  for (const tool of tools) nodes.push(nodeOf(nodes.length, await makeMcp(world, url), tool));
  for (const manner of Object.values(failures)) {
    const at = `/w/mcp-${nodes.length}`;
    nodes.push(nodeOf(nodes.length, await makeMcp(world, world.parrot.url + at, { at, manner }), 'says'));
  }
  const run = await world.run(specOf(nodes));
  expect(run.status).toBe('COMPLETED');
  const { body } = await world.client.get(`/v1/runs/${run.run_id}/steps?limit=100`);
  const failed = body.items.filter(({ status }: any) => status === 'FAILED').map(({ path }: any) => path);
  expect(failed).not.toContain('call_0');
  expect(failed).not.toContain('call_3');
  expect(failed).toHaveLength(nodes.length - 2);
}

/** A resource that is tested and browsed. @returns its id */
async function makeMcp(
  { client, canaries, parrot }: SecretsWorld,
  url: string,
  failing?: { at: string; manner: Manner },
): Promise<string> {
  const secrets = { bearer_token: canaries.make('quoted'), key: canaries.make('plain'), extra: canaries.make('wild') };
  if (failing) {
    const { at, manner } = failing;
    parrot.on(at, (heard) => manner({ ...heard, secret: secrets.bearer_token }));
  }
  const resource = await makeResource(client, 'mcp_server', { url, headers: { 'X-Key': 'key' } }, secrets);
  await client.post(`/v1/integrations/resources/${resource}/test`);
  await client.get(`/v1/integrations/mcp/resources/tool?resource_id=${resource}`);
  return resource;
}

function nodeOf(index: number, resource: string, tool: string): object {
  const given = { text: 'it is ${secrets.extra}', deep: [{ hash: '${hash.sha256(secrets.extra)}' }] };
  const inputs = { tool, arguments: given };
  return { id: `call_${index}`, type: 'tool', tool: 'mcp.call', resource, inputs, on_error: 'continue' };
}

/** What a model may call, as the server describes it. */
export async function mcpForModels(world: SecretsWorld, { url }: McpParrot): Promise<object> {
  return { tool: 'mcp.call', resource: await makeMcp(world, url) };
}
