import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import { type AddressInfo } from 'node:net';
import { NodeStreamableHTTPServerTransport, toNodeHandler } from '@modelcontextprotocol/node';
import { createMcpHandler, fromJsonSchema, McpServer } from '@modelcontextprotocol/server';

/** A real MCP server on loopback that remembers what it was asked. */
export interface McpTestServer {
  readonly url: string;
  readonly requests: IncomingMessage[];
  /** Of servers with sessions: those that have begun and not ended. */
  readonly sessions: Map<string, unknown>;
  /** How often the tool `add` has run. */
  calls(): number;
  close(): Promise<void>;
}

export interface McpTestOptions {
  /** Answers in place of the server, if it wants to. @returns whether it has */
  readonly before?: (...exchange: Parameters<RequestListener>) => boolean;
  readonly tools?: number;
}

const anything = fromJsonSchema({ type: 'object' });

/** Of before revision 2026-07-28: with sessions. */
export async function startSessionServer(options: McpTestOptions = {}): Promise<McpTestServer> {
  const sessions = new Map<string, NodeStreamableHTTPServerTransport>();
  const count = { calls: 0 };
  return listen(options, count, sessions, async (request, response) => {
    const id = request.headers['mcp-session-id'] as string | undefined;
    const known = id === undefined ? undefined : sessions.get(id);
    if (id !== undefined && !known) return void response.writeHead(404).end();
    const transport =
      known ??
      new NodeStreamableHTTPServerTransport({
        sessionIdGenerator: randomUUID,
        onsessioninitialized: (session) => void sessions.set(session, transport),
        onsessionclosed: (session) => void sessions.delete(session),
      });
    if (!known) await makeServer(options, count).connect(transport);
    await transport.handleRequest(request, response);
  });
}

/** Of revision 2026-07-28 and nothing before: without sessions. */
export function startModernServer(options: McpTestOptions = {}): Promise<McpTestServer> {
  const count = { calls: 0 };
  const handle = toNodeHandler(createMcpHandler(() => makeServer(options, count), { legacy: 'reject' }));
  return listen(options, count, new Map(), (request, response) => void handle(request, response));
}

async function listen(
  { before }: McpTestOptions,
  count: { calls: number },
  sessions: Map<string, unknown>,
  handle: (...exchange: Parameters<RequestListener>) => void | Promise<void>,
): Promise<McpTestServer> {
  const requests: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    requests.push(request);
    if (!before?.(request, response)) void handle(request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`,
    requests,
    sessions,
    calls: () => count.calls,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function makeServer({ tools = 0 }: McpTestOptions, count: { calls: number }): McpServer {
  const server = new McpServer({ name: 'Test tools', version: '1.2.3' });
  const text = (text: string) => ({ content: [{ type: 'text' as const, text }] });
  const inputSchema = fromJsonSchema<{ a: number; b: number }>({
    type: 'object',
    required: ['a', 'b'],
    properties: { a: { type: 'number' }, b: { type: 'number' } },
  });
  server.registerTool('add', { description: 'Adds.', inputSchema }, ({ a, b }) => {
    count.calls += 1;
    return { ...text(String(a + b)), structuredContent: { sum: a + b } };
  });
  server.registerTool('echo', { inputSchema: anything }, (given) => ({
    content: [
      { type: 'text', text: JSON.stringify(given) },
      { type: 'image', data: 'AAAA', mimeType: 'image/png' },
      { type: 'text', text: 'second' },
    ],
  }));
  server.registerTool('fail', {}, () => ({ ...text('The printer is on fire.'), isError: true }));
  server.registerTool('huge', {}, () => text('x'.repeat(6_000_000)));
  server.registerTool('slow', {}, () => new Promise(() => {}));
  server.registerTool('ask', {}, async () => {
    const { action } = await server.server.elicitInput({
      message: 'Really?',
      requestedSchema: { type: 'object', properties: {} },
    });
    return text(action);
  });
  for (let index = 0; index < tools; index++) server.registerTool(`tool_${index}`, {}, () => text('x'));
  return server;
}
