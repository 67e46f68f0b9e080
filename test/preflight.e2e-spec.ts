import { type FindingResponse, type ReportResponse } from '../src/workflows/preflight/preflight.dto.js';
import { startApp, type TestApp } from './support/app.js';

let seer: TestApp;

beforeAll(async () => {
  seer = await startApp();
});

afterAll(() => seer.close());

async function reportOf(spec: unknown): Promise<ReportResponse> {
  const { status, body } = await seer.admin.post<ReportResponse>('/v1/workflows/validate', { spec });
  expect(status).toBe(200);
  return body;
}

/** A spec, each of whose mistakes is in the table below. */
const wrong = {
  version: '2',
  colour: 'red',
  inputs: { type: 'object', properties: { city: { type: 'string' }, n: { type: 'integer' } } },
  settings: {
    timeout: 'soon',
    parallel: true,
    concurrency: { key: 'inputs.cty', limit: 0, on_limit: 'wait', per: 'day' },
  },
  nodes: [
    { id: 'Bad-Id', type: 'set', value: 1 },
    { id: 'inputs', type: 'set', value: 1 },
    { id: 'math', type: 'set', value: 1 },
    { id: 'twice', type: 'set', value: 1 },
    { id: 'twice', type: 'set', value: 2 },
    { id: 'odd', type: 'teleport' },
    { id: 'empty', type: 'set' },
    { id: 'extra', type: 'set', value: 1, valeu: 2 },
    { type: 'set', value: 1 },
    { id: 'nobody', type: 'set', value: '${missing + 1}' },
    { id: 'typo', type: 'set', value: '${inputs.cty}' },
    { id: 'open', type: 'set', value: 'a ${inputs.city' },
    { id: 'syntax', type: 'set', value: { deep: ['${1 +}'] } },
    { id: 'mixed', type: 'set', value: '${inputs.city - 1}' },
    {
      id: 'branch',
      type: 'if',
      condition: 'inputs.city',
      then: [{ id: 'inner', type: 'set', value: 1 }],
      else: 'nothing',
    },
    { id: 'outside', type: 'set', value: '${inner}' },
    {
      id: 'many',
      type: 'for_each',
      items: 'inputs.n',
      as: 'row',
      nodes: [{ id: 'use', type: 'set', value: '${row}' }],
    },
    { id: 'gone', type: 'set', value: '${row}' },
    { id: 'shadow', type: 'for_each', items: '[1]', as: 'many', nodes: [] },
    { id: 'huge', type: 'for_each', items: '[1]', as: 'one', max_items: 1000000, nodes: [] },
    { id: 'again', type: 'repeat', until: '"yes"', max_iterations: 0, nodes: [] },
    { id: 'tool', type: 'tool', tool: 'http.telephone', inputs: {} },
    { id: 'call', type: 'tool', tool: 'http.request', inputs: { method: 'FETCH', uri: 'x' } },
    { id: 'retry', type: 'set', value: 1, retry: { max_attempts: 1000 } },
    { id: 'late', type: 'set', value: 1, timeout: '5 minutes' },
    { id: 'mistake', type: 'set', value: 1, on_error: 'ignore' },
    { id: 'bye', type: 'stop' },
    { id: 'never', type: 'set', value: 1 },
    'not a node',
    { id: 'loops', type: 'for_each', items: '[1]', as: 'json', index_as: 'No', nodes: [], collect: '' },
    {
      id: 'lanes',
      type: 'parallel',
      branches: {
        left: [
          {
            id: 'ways',
            type: 'switch',
            cases: [{ when: 'size("x")', nodes: [{ id: 'deep', type: 'set', value: { 'a/b': '${ways}' } }], also: 1 }],
          },
        ],
        right: [{ id: 'sees', type: 'set', value: '${deep}', when: '1' }],
      },
    },
    {
      id: 'rescued',
      type: 'fail',
      message: '${error.message}',
      on_error: [{ id: 'rescue', type: 'set', value: '${error.mesage}' }],
    },
  ],
  output: { x: '${nowhere}' },
};

const expected: [code: string, nodeId: string | null, pointer: string][] = [
  ['not-allowed', null, '/version'],
  ['unknown-field', null, '/colour'],
  ['out-of-range', null, '/settings/timeout'],
  ['unknown-field', null, '/settings/parallel'],
  ['expression-type', null, '/settings/concurrency/key'],
  ['out-of-range', null, '/settings/concurrency/limit'],
  ['not-allowed', null, '/settings/concurrency/on_limit'],
  ['unknown-field', null, '/settings/concurrency/per'],
  ['out-of-range', 'Bad-Id', '/nodes/0/id'],
  ['node-id-reserved', 'inputs', '/nodes/1/id'],
  ['node-id-reserved', 'math', '/nodes/2/id'],
  ['node-id-duplicate', 'twice', '/nodes/4/id'],
  ['node-type-unknown', 'odd', '/nodes/5/type'],
  ['missing-field', 'empty', '/nodes/6/value'],
  ['unknown-field', 'extra', '/nodes/7/valeu'],
  ['missing-field', null, '/nodes/8/id'],
  ['expression-unknown-name', 'nobody', '/nodes/9/value'],
  ['expression-type', 'typo', '/nodes/10/value'],
  ['expression-invalid', 'open', '/nodes/11/value'],
  ['expression-invalid', 'syntax', '/nodes/12/value/deep/0'],
  ['expression-type', 'mixed', '/nodes/13/value'],
  ['expression-type', 'branch', '/nodes/14/condition'],
  ['wrong-type', 'branch', '/nodes/14/else'],
  ['expression-unknown-name', 'outside', '/nodes/15/value'],
  ['expression-type', 'many', '/nodes/16/items'],
  ['expression-unknown-name', 'gone', '/nodes/17/value'],
  ['name-shadowed', 'shadow', '/nodes/18/as'],
  ['out-of-range', 'huge', '/nodes/19/max_items'],
  ['out-of-range', 'again', '/nodes/20/max_iterations'],
  ['expression-type', 'again', '/nodes/20/until'],
  ['tool-unknown', 'tool', '/nodes/21/tool'],
  ['tool-input-invalid', 'call', '/nodes/22/inputs/method'],
  ['tool-input-invalid', 'call', '/nodes/22/inputs/uri'],
  ['tool-input-invalid', 'call', '/nodes/22/inputs/url'],
  ['out-of-range', 'retry', '/nodes/23/retry/max_attempts'],
  ['out-of-range', 'late', '/nodes/24/timeout'],
  ['not-allowed', 'mistake', '/nodes/25/on_error'],
  ['unreachable-node', 'never', '/nodes/27'],
  ...[29, 30, 31].map((n): [string, string, string] => [
    'unreachable-node',
    ['loops', 'lanes', 'rescued'][n - 29]!,
    `/nodes/${n}`,
  ]),
  ['wrong-type', null, '/nodes/28'],
  ['variable-reserved', 'loops', '/nodes/29/as'],
  ['out-of-range', 'loops', '/nodes/29/index_as'],
  ['out-of-range', 'loops', '/nodes/29/collect'],
  ['expression-type', 'ways', '/nodes/30/branches/left/0/cases/0/when'],
  ['unknown-field', 'ways', '/nodes/30/branches/left/0/cases/0/also'],
  ['expression-unknown-name', 'deep', '/nodes/30/branches/left/0/cases/0/nodes/0/value/a~1b'],
  ['expression-type', 'sees', '/nodes/30/branches/right/0/when'],
  ['expression-unknown-name', 'sees', '/nodes/30/branches/right/0/value'],
  ['expression-unknown-name', 'rescued', '/nodes/31/message'],
  ['expression-type', 'rescue', '/nodes/31/on_error/0/value'],
  ['expression-unknown-name', null, '/output/x'],
];

const keyOf = ({ code, node_id: nodeId, pointer }: FindingResponse) => [code, nodeId, pointer].join(' ');

describe('POST /v1/workflows/validate', () => {
  it('refuses a stranger', async () => {
    expect((await seer.stranger.post('/v1/workflows/validate', { spec: {} })).status).toBe(401);
  });

  it(`names each of ${expected.length} mistakes of one spec, with code, node and pointer, and nothing else`, async () => {
    const report = await reportOf(wrong);
    expect(report.ok).toBe(false);
    const found = [...report.errors, ...report.warnings].map(keyOf).sort();
    expect(found).toEqual(expected.map((one) => one.join(' ')).sort());
  });

  it('says what is wrong in sentences that help', async () => {
    const { errors } = await reportOf(wrong);
    const messageOf = (pointer: string) => errors.find((one) => one.pointer === pointer)!.message;
    expect(messageOf('/nodes/0/id')).toMatch(/lower-case letters, digits and _/);
    expect(messageOf('/nodes/5/type')).toMatch(/no node type "teleport"; there are: set, /);
    expect(messageOf('/nodes/9/value')).toMatch(/missing/);
    expect(messageOf('/nodes/21/tool')).toMatch(/no tool "http.telephone"; there are: http.request/);
    expect(messageOf('/nodes/24/timeout')).toMatch(/20s/);
    for (const { message } of errors) expect(message).toMatch(/\S\.?$/);
  });

  it.each([
    ['spec-not-object', [] as unknown],
    [
      'too-many-nodes',
      { version: '1', nodes: Array.from({ length: 501 }, (_, n) => ({ id: `n${n}`, type: 'set', value: 1 })) },
    ],
    ['nesting-too-deep', nested(17)],
    ['spec-too-large', { version: '1', nodes: [{ id: 'a', type: 'set', value: 'x'.repeat(257 * 1024) }] }],
    ['spec-empty', { version: '1', nodes: [] }],
    ['schema-invalid', { version: '1', inputs: { type: 'text' }, nodes: [{ id: 'a', type: 'set', value: 1 }] }],
  ])('says %s', async (code, spec) => {
    const { status, body } = await seer.admin.post('/v1/workflows/validate', { spec });
    if (Array.isArray(spec)) expect(status).toBe(400);
    else expect(body.errors).toMatchObject([{ code }]);
  });

  it('finds nothing in a good spec, and tells what it reaches out to and how many steps it can take', async () => {
    const report = await reportOf({
      version: '1',
      nodes: [
        { id: 'get', type: 'tool', tool: 'http.request', inputs: { url: 'https://api.example.com:8443/${inputs.id}' } },
        {
          id: 'all',
          type: 'for_each',
          items: 'get.body',
          as: 'one',
          max_items: 10,
          nodes: [
            {
              id: 'twice',
              type: 'repeat',
              until: 'false',
              max_iterations: 3,
              nodes: [{ id: 'put', type: 'set', value: '${one}' }],
            },
          ],
        },
      ],
    });
    expect(report).toEqual({
      ok: true,
      errors: [],
      warnings: [],
      requires: {
        connections: [],
        scopes: [],
        resources: [],
        hosts: ['api.example.com:8443'],
        tools: ['http.request'],
      },
      bounds: { max_steps: 1 + 1 + 10 * (1 + 3) },
    });
  });
});

function nested(depth: number): unknown {
  let nodes: unknown[] = [{ id: 'deepest', type: 'set', value: 1 }];
  for (let level = 1; level < depth; level++) nodes = [{ id: `l${level}`, type: 'if', condition: 'true', then: nodes }];
  return { version: '1', nodes };
}
