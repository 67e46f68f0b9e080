import { startApp, type TestApp } from './support/app.js';
import { runSpec, specOf } from './support/factories.js';
import { type McpTestServer, startModernServer } from './support/mcp-server.js';
import { type ModelServer, startModelServer } from './support/model-server.js';
import { makeResource } from './support/resources.js';

let seer: TestApp;
let model: ModelServer;
let mcp: McpTestServer;
let warehouse: string;

beforeAll(async () => {
  [seer, model, mcp] = await Promise.all([startApp(), startModelServer(''), startModernServer()]);
  await makeResource(seer.admin, 'openai_compatible', { base_url: `${model.url}/v1` });
  warehouse = await makeResource(seer.admin, 'mcp_server', { url: mcp.url }, { bearer_token: 'tok-123456' });
});

afterAll(async () => {
  await seer.close();
  await Promise.all([model.close(), mcp.close()]);
});

beforeEach(() => {
  model.requests.length = 0;
});

const ask = (tool: object) =>
  runSpec(seer.admin, specOf([{ id: 'answer', type: 'llm', model: 'tiny', prompt: 'How much?', tools: [tool] }]));

describe('a model with an MCP server', () => {
  it('sees the tools of the server with their own schemas, and calls them', async () => {
    model.reply({ calls: [{ name: 'add', arguments: { a: 1, b: 2 } }] }, ({ body }) => {
      expect(JSON.stringify(body.messages)).toContain('\\"sum\\":3');
      return { text: '3' };
    });
    const run = await ask({ tool: 'mcp.call', resource: warehouse });
    expect(run).toMatchObject({ status: 'COMPLETED', outputs: { text: '3' } });
    const declared = model.requests[0]!.body.tools.map((tool: any) => tool.function);
    expect(declared.map(({ name }: { name: string }) => name)).toEqual(expect.arrayContaining(['add', 'echo', 'fail']));
    expect(declared.find(({ name }: { name: string }) => name === 'add').parameters.properties).toHaveProperty('a');
    const { body } = await seer.admin.get(`/v1/runs/${run.run_id}/steps`);
    expect(body.items.map(({ path }: { path: string }) => path)).toEqual([
      ...['answer.tools1', 'answer.round1', 'answer.round1.call1', 'answer.round2', 'answer'],
    ]);
  });

  it('sees only the tool that the node names', async () => {
    model.reply({ text: 'none' });
    await ask({ tool: 'mcp.call', resource: warehouse, inputs: { tool: 'add' } });
    expect(model.requests[0]!.body.tools.map((tool: any) => tool.function.name)).toEqual(['add']);
    const missing = await ask({ tool: 'mcp.call', resource: warehouse, inputs: { tool: 'nothing' } });
    expect(missing).toMatchObject({ status: 'FAILED', error_detail: { code: 'upstream-refused' } });
  });

  it('is told what a tool says has gone wrong', async () => {
    model.reply({ calls: [{ name: 'fail', arguments: {} }] }, ({ body }) => {
      expect(JSON.stringify(body.messages)).toContain('The printer is on fire');
      return { text: 'It burns' };
    });
    expect(await ask({ tool: 'mcp.call', resource: warehouse })).toMatchObject({ outputs: { text: 'It burns' } });
  });
});
