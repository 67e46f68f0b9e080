import { type ServerResponse } from 'node:http';
import { startApp, type TestApp } from './support/app.js';
import { type McpTestServer, startSessionServer } from './support/mcp-server.js';
import { json, startPeer } from './support/peer.js';
import { makeResource, runTool } from './support/resources.js';
import { startTcpServer } from './support/tcp-proxy.js';

let seer: TestApp;
let old: McpTestServer;

beforeAll(async () => {
  [seer, old] = await Promise.all([startApp(), startSessionServer()]);
});

afterAll(async () => {
  await seer.close();
  await old.close();
});

const makeMcp = (url: string) => makeResource(seer.admin, 'mcp_server', { url }, { bearer_token: 'tok-123456' });
const call = (resource: string, tool: string, given: object = {}, more: object = {}) =>
  runTool(seer.admin, 'mcp.call', resource, { tool, arguments: given }, more);
const test = async (id: string) => (await seer.admin.post(`/v1/integrations/resources/${id}/test`)).body;

describe('an MCP server that does not behave', () => {
  const stream = (response: ServerResponse) => response.writeHead(200, { 'content-type': 'text/event-stream' });

  it.each<[string, (response: ServerResponse) => void, RegExp]>([
    ['is busy', (response) => response.writeHead(503).end('later'), /^upstream-error$/],
    ['has no such page', (response) => response.writeHead(404).end(), /^upstream-refused$/],
    ['says something else', (response) => response.end('hello'), /^upstream-error$/],
    ['says JSON, but not this one', (response) => json(response, { hello: 1 }), /^upstream-error$/],
    ['says half of it', (response) => json(response, '{"jsonrpc":'), /^upstream-error$/],
    ['ends the stream without an answer', (response) => stream(response).end(': bye\n\n'), /^upstream-error$/],
    ['streams nonsense', (response) => stream(response).end('data: {"x"\n\ndata: 1\n\n'), /^upstream-error$/],
    ['goes away', (response) => response.destroy(), /^egress-connection-failed$/],
    [
      'goes away in the middle',
      (response) => {
        stream(response).write('data: {"jsonrpc"');
        setImmediate(() => response.destroy());
      },
      /^(egress-connection-failed|upstream-error)$/,
    ],
    [
      'never stops',
      (response) => {
        const more = () => {
          while (!response.destroyed && response.write(`data: ${'x'.repeat(10_000)}\n\n`));
        };
        stream(response).on('drain', more);
        more();
      },
      /^egress-response-too-large$/,
    ],
    [
      'wants its stream to be opened again for ever',
      (response) => stream(response).end('id: 1\nretry: 0\ndata: \n\n'),
      /^upstream-error$/,
    ],
  ])('fails the node and nothing else: it %s', async (_what, answer, code) => {
    const server = await startPeer((_request, response) => answer(response));
    try {
      const run = await call(await makeMcp(`${server.url}/mcp`), 'add', {}, { timeout: '20s' });
      expect(run).toMatchObject({ status: 'FAILED', error_detail: { code: expect.stringMatching(code) } });
      expect(server.requests.length).toBeLessThan(250);
    } finally {
      await server.close();
    }
    const id = await makeMcp(old.url);
    expect((await call(id, 'add', { a: 1, b: 2 })).status).toBe('COMPLETED');
  });

  it('is asked again when it was busy, not before it wants to be', async () => {
    let busy = 1;
    const server = await startSessionServer({
      before: (_request, response) => {
        if (busy-- <= 0) return false;
        response.writeHead(429, { 'retry-after': '0' }).end();
        return true;
      },
    });
    try {
      const retry = { max_attempts: 2, initial_interval: '1ms' };
      expect((await call(await makeMcp(server.url), 'add', { a: 1, b: 2 }, { retry })).status).toBe('COMPLETED');
    } finally {
      await server.close();
    }
  });

  it('that never says a word is waited for no longer than the node may take', async () => {
    const silent = await startTcpServer(() => {});
    try {
      const id = await makeMcp(`http://127.0.0.1:${silent.port}/mcp`);
      expect(await call(id, 'add', {}, { timeout: '200ms' })).toMatchObject({ error_detail: { code: 'node-timeout' } });
      while (silent.open() > 0) await new Promise(setImmediate);
    } finally {
      await silent.close();
    }
  });

  it('offers endless pages of tools, and is read no further than makes sense', async () => {
    const endless = await startPeer((_request, response, body) => {
      const { id, method } = JSON.parse(body || '{}');
      if (id === undefined) return response.writeHead(202).end();
      const serverInfo = { name: 'Endless', version: '1' };
      if (method === 'initialize') {
        const result = { protocolVersion: '2025-06-18', capabilities: { tools: {} }, serverInfo };
        return json(response, { jsonrpc: '2.0', id, result });
      }
      if (method !== 'tools/list')
        return json(response, { jsonrpc: '2.0', id, error: { code: -32601, message: 'no' } });
      const tools = [{ name: `t${endless.requests.length}`, inputSchema: { type: 'object' } }];
      return json(response, { jsonrpc: '2.0', id, result: { tools, nextCursor: `${endless.requests.length}` } });
    });
    try {
      expect(await test(await makeMcp(`${endless.url}/mcp`))).toMatchObject({
        ok: true,
        message: 'Endless 1; 20 tools can be called.',
      });
    } finally {
      await endless.close();
    }
  });
});
