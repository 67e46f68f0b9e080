import { startApp, type TestApp } from './support/app.js';

let seer: TestApp;

beforeAll(async () => {
  seer = await startApp();
});

afterAll(() => seer.close());

describe('POST /v1/expressions/check', () => {
  const spec = {
    version: '1',
    inputs: {
      type: 'object',
      properties: { rows: { type: 'array', items: { type: 'object', properties: { n: { type: 'integer' } } } } },
    },
    nodes: [
      { id: 'first', type: 'set', value: { total: 1 } },
      {
        id: 'each',
        type: 'for_each',
        items: 'inputs.rows',
        as: 'row',
        index_as: 'i',
        nodes: [{ id: 'inside', type: 'set', value: 1 }],
      },
    ],
  };
  const check = async (expression: string, pointer?: string) =>
    (await seer.admin.post('/v1/expressions/check', { expression, spec, ...(pointer && { pointer }) })).body;

  it('refuses a stranger', async () => {
    expect((await seer.stranger.post('/v1/expressions/check', { expression: '1' })).status).toBe(401);
  });

  it('tells the type of an expression at its place', async () => {
    expect(await check('i + 1', '/nodes/1/nodes/0/value')).toMatchObject({ ok: true, type: 'number' });
    expect(await check('first.total > 1', '/nodes/1/items')).toMatchObject({ ok: true, type: 'bool' });
    expect(await check('size(each)')).toMatchObject({ message: null, type: 'number' });
  });

  it('tells what can be used at a place', async () => {
    expect((await check('1', '/nodes/0')).scope).toEqual(['inputs', 'trigger', 'run']);
    expect((await check('1', '/nodes/1/nodes/0/value')).scope).toEqual([
      'inputs',
      'trigger',
      'run',
      'first',
      'row',
      'i',
    ]);
    expect((await check('1')).scope).toEqual(['inputs', 'trigger', 'run', 'first', 'each']);
  });

  it('knows the end of a block, where the next node would stand, and what is evaluated there', async () => {
    const inside = ['inputs', 'trigger', 'run', 'first', 'row', 'i'];
    expect((await check('1', '/nodes/1/nodes')).scope).toEqual(inside);
    expect((await check('1', '/nodes/1/nodes/1')).scope).toEqual([...inside, 'inside']);
    const collecting = { ...spec, nodes: [spec.nodes[0], { ...spec.nodes[1], collect: 'inside' }] };
    const { body } = await seer.admin.post('/v1/expressions/check', {
      expression: 'inside + i',
      spec: collecting,
      pointer: '/nodes/1/collect',
    });
    expect(body).toMatchObject({ ok: true, type: 'number', scope: [...inside, 'inside'] });
    expect((await check('1', '/nodes/2')).scope).toEqual(['inputs', 'trigger', 'run', 'first', 'each']);
  });

  it('knows what the concurrency key sees', async () => {
    const at = '/settings/concurrency/key';
    expect(await check('inputs.rows', at)).toMatchObject({ ok: true, scope: ['inputs', 'trigger', 'run'] });
    expect(await check('run.id', at)).toMatchObject({ ok: false, code: 'expression-type' });
  });

  it.each(['nowhere', '/nodes/99/value', '/__proto__', '/nodes/-1', '/'])(
    'sees what the first node sees at %s, which is no place',
    async (pointer) => {
      expect((await check('1', pointer)).scope.slice(0, 3)).toEqual(['inputs', 'trigger', 'run']);
    },
  );

  it.each<[what: string, spec: object]>([
    ['nothing', {}],
    ['nodes that are none', { nodes: [null, 1, 'a', [], {}], inputs: 5 }],
    [
      'names of programs',
      {
        nodes: [
          { id: '__proto__', type: 'set' },
          { id: 'constructor', type: 'toString' },
        ],
      },
    ],
    ['an invalid schema', { inputs: { type: 'strin', properties: [] }, nodes: {} }],
  ])('takes a spec of %s', async (_what, odd) => {
    const { status, body } = await seer.admin.post('/v1/expressions/check', { expression: 'run.id', spec: odd });
    expect([status, body.type]).toEqual([200, 'string']);
  });

  it.each([
    '',
    ' ',
    '${a}',
    '"',
    '\u0001',
    'a'.repeat(10_001),
    '('.repeat(9_000),
    '[1].map(x, x'.repeat(500),
    'x.__proto__',
  ])('finds the fault of a hostile expression', async (expression) => {
    expect(await check(expression)).toMatchObject({
      ok: false,
      type: null,
      code: expect.stringMatching(/^expression-/),
    });
  });

  it.each([
    { expression: 5 },
    { expression: 'a'.repeat(20_001) },
    { expression: '1', spec: [] },
    {},
    { expression: '1', at: '' },
  ])('refuses a wrong body', async (body) => {
    expect((await seer.admin.post('/v1/expressions/check', body)).status).toBe(400);
  });

  it('refuses a spec that is larger than a spec may be', async () => {
    const nodes = Array.from({ length: 501 }, (_, n) => ({ id: `n${n}`, type: 'set', value: 1 }));
    const { status, body } = await seer.admin.post('/v1/expressions/check', { expression: '1', spec: { nodes } });
    expect(status).toBe(422);
    expect(body.errors).toMatchObject([{ pointer: '/spec/nodes/500', code: 'too-many-nodes' }]);
  });

  it('tells what is wrong', async () => {
    expect(await check('row', '/nodes/1/items')).toMatchObject({
      ok: false,
      code: 'expression-unknown-name',
      type: null,
    });
    expect(await check('first.totl')).toMatchObject({ ok: false, code: 'expression-type' });
    expect(await check('1 +')).toMatchObject({ ok: false, code: 'expression-invalid' });
    expect(await check('['.repeat(5_000))).toMatchObject({ ok: false });
  });
});
