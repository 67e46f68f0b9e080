import { readFile } from 'node:fs/promises';
import { type JsonObject } from '../src/common/json.js';
import { type Tool, toolCatalogue, tools } from '../src/integrations/index.js';
import { nodeTypes } from '../src/workflows/nodes/catalogue.js';
import { startApp, type TestApp } from './support/app.js';
import { makePublished, specOf } from './support/factories.js';

let seer: TestApp;

beforeAll(async () => {
  seer = await startApp();
});

afterAll(() => seer.close());

/** What an example needs besides, and nobody here has. */
const lacking = new Set(['connection-missing', 'resource-missing', 'connection-not-found', 'resource-not-found']);

/** What is wrong with a spec itself. */
const faultsOf = async (spec: unknown): Promise<unknown[]> => {
  const { errors, warnings } = await reportOf(spec);
  return [...errors, ...warnings].filter(({ code }) => !lacking.has(code));
};

const reportOf = async (spec: unknown) => (await seer.admin.post('/v1/workflows/validate', { spec })).body;

describe('the catalogues', () => {
  it('refuse a stranger', async () => {
    expect((await seer.stranger.get('/v1/builder/node-types')).status).toBe(401);
    expect((await seer.stranger.get('/v1/registries/tools')).status).toBe(401);
  });

  it('list every node type and tool with schemas', async () => {
    const { body: types } = await seer.admin.get('/v1/builder/node-types');
    expect(types.items.map(({ type }: { type: string }) => type)).toEqual(nodeTypes.map(({ key }) => key));
    const { body: known } = await seer.admin.get('/v1/registries/tools');
    expect(known.items.map(({ tool }: { tool: string }) => tool)).toEqual(tools.map(({ key }) => key));
  });

  it.each(nodeTypes.map((type) => [type.key, type.example] as const))(
    'show an example of %s that works',
    async (_key, example) => {
      // The example names a workflow that nobody has.
      const runs = await makePublished(seer.admin, specOf([{ id: 'a', type: 'set', value: 1 }]));
      const node = 'workflow_id' in (example as object) ? { ...(example as object), workflow_id: runs } : example;
      expect(await faultsOf({ version: '1', nodes: [node] })).toEqual([]);
    },
  );

  it.each(tools.map((tool) => [tool.key, tool.example] as const))(
    'show inputs of %s that work',
    async (key, inputs) => {
      const spec = { version: '1', nodes: [{ id: 'call', type: 'tool', tool: key, inputs }] };
      expect(await faultsOf(spec)).toEqual([]);
      expect(await reportOf(spec)).toMatchObject({ requires: { tools: [key] } });
    },
  );
});

describe('the specs that are shown', () => {
  it('in the reference pass the preflight', async () => {
    const page = await readFile('docs/workflow-spec.md', 'utf8');
    const blocks = [...page.matchAll(/```json\n([\s\S]*?)```/g)].map(([, json]) => JSON.parse(json!) as JsonObject);
    expect(blocks.length).toBeGreaterThan(0);
    for (const spec of blocks) expect(await faultsOf(spec)).toEqual([]);
  });

  it('in the examples folder pass the preflight', async () => {
    const { spec } = JSON.parse(await readFile('examples/rain-alert.json', 'utf8')) as { spec: JsonObject };
    expect(await reportOf(spec)).toMatchObject({ ok: true, warnings: [] });
  });
});

describe('an application that is made with another tool', () => {
  const doubling: Tool = {
    key: 'test.double',
    title: 'Double',
    description: 'Twice the number.',
    effect: 'write',
    input: { type: 'object', required: ['number'], properties: { number: { type: 'integer' } } },
    output: { type: 'integer' },
    example: { number: 21 },
    run: async (_context, { number }) => Number(number) * 2,
  };
  const spec = {
    version: '1',
    nodes: [{ id: 'twice', type: 'tool', tool: doubling.key, inputs: doubling.example }],
  };
  let other: TestApp;

  beforeAll(async () => {
    other = await startApp({}, undefined, { tools: new Map([...toolCatalogue, [doubling.key, doubling]]) });
  });

  afterAll(() => other.close());

  it('lists it behind the others', async () => {
    const { body } = await other.admin.get('/v1/registries/tools');
    expect(body.items.map(({ tool }: { tool: string }) => tool)).toEqual([...toolCatalogue.keys(), doubling.key]);
  });

  it('checks specs and expressions with it', async () => {
    const { body: report } = await other.admin.post('/v1/workflows/validate', { spec });
    expect(report).toMatchObject({ ok: true, requires: { tools: [doubling.key] } });
    const { body: check } = await other.admin.post('/v1/expressions/check', { expression: 'twice + 1', spec });
    expect(check).toMatchObject({ ok: true, type: 'number' });
  });

  it('runs it', async () => {
    const { body } = await other.admin.post('/v1/workflows', { name: 'Double', spec });
    await other.admin.post(`/v1/workflows/${body.workflow_id}/publish`, {});
    const { body: run } = await other.admin.post(`/v1/workflows/${body.workflow_id}/runs?mode=sync`, { inputs: {} });
    expect(run).toMatchObject({ status: 'COMPLETED', outputs: 42 });
  });

  it('is alone with it', async () => {
    expect(await reportOf(spec)).toMatchObject({ ok: false, errors: [{ code: 'tool-unknown' }] });
  });
});
