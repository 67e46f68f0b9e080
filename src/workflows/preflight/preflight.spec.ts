import fc from 'fast-check';
import { type Json, type JsonObject } from '../../common/json.js';
import { toolCatalogue } from '../../integrations/index.js';
import { nodeCatalogue, nodeTypes } from '../nodes/catalogue.js';
import { limits } from '../spec/limits.js';
import { preflight } from './preflight.js';

const check = (spec: unknown) => preflight(spec as Json, { nodeTypes: nodeCatalogue, tools: toolCatalogue });
const checkNodes = (nodes: unknown[], more: object = {}) => check({ version: '1', nodes, ...more });
const set = (id: string, value: unknown = 1) => ({ id, type: 'set', value });

/** What is said of one spec: code and pointer of each finding. */
const said = ({ errors, warnings }: ReturnType<typeof check>) =>
  [...errors, ...warnings].map(({ code, pointer }) => `${code} ${pointer}`);

/** A spec with every node type in it. */
const everything: JsonObject = {
  version: '1',
  inputs: {
    type: 'object',
    properties: { n: { type: 'integer' }, day: {}, rows: {}, id: {}, numbers: {}, prices: {}, mail: {} },
  },
  nodes: nodeTypes.map(({ example }) => example),
  output: { n: '${inputs.n}' },
  settings: { timeout: '5m', concurrency: { key: 'inputs.id', limit: 1, on_limit: 'queue' } },
};

describe('the preflight', () => {
  it('finds no errors in the examples of all node types together', () => {
    expect(check(everything).errors).toEqual([]);
  });

  it.each([null, true, 5, 'spec', [], [[]]])('takes %j for no spec', (spec) => {
    expect(said(check(spec))).toEqual(['spec-not-object ']);
  });

  it('never throws, whatever JSON it is given', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), (spec) => {
        expect(typeof check(spec).ok).toBe('boolean');
      }),
    );
  });

  it('never throws, whatever stands in place of anything in a good spec', () => {
    const pointers = everyPath(everything);
    const odd = fc.oneof(
      fc.jsonValue({ maxDepth: 3 }),
      fc.constantFrom('${', '${1 +}', '__proto__', 'constructor', '${constructor}', 'toString', -1, 1e308, [null]),
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.constantFrom(...pointers), odd), { minLength: 1, maxLength: 5 }), (changes) => {
        const spec = structuredClone(everything);
        for (const [path, value] of changes) put(spec, path, value as Json);
        const { ok, errors } = check(spec);
        expect(ok).toBe(errors.length === 0);
        for (const { message } of errors) expect(message).toMatch(/^["\w].{5,}[.?)]$/su);
      }),
      { numRuns: 500 },
    );
  });

  it('takes JSON of any depth', () => {
    let deep: Json = 1;
    for (let level = 0; level < 20_000; level++) deep = [deep];
    expect(said(check({ version: '1', nodes: deep }))).toEqual(['spec-too-deep ']);
  });

  it('leaves the spec as it is', () => {
    const before = structuredClone(everything);
    check(everything);
    expect(everything).toEqual(before);
  });
});

describe('the concurrency key', () => {
  const checkKey = (key: unknown) =>
    checkNodes([set('a')], {
      inputs: { type: 'object', properties: { city: { type: 'string' } } },
      settings: { concurrency: { key, limit: 2 } },
    });

  it.each([
    "'all'",
    'inputs.city',
    '[inputs.city, run.version, run.source]',
    'trigger.data.id',
    'inputs.?city.orValue("x")',
  ])('may be %s', (key) => {
    expect(said(checkKey(key))).toEqual([]);
  });

  it.each([
    ['a', 'expression-unknown-name'],
    ['secrets.token', 'expression-unknown-name'],
    ['run.id', 'expression-type'],
    ['inputs.city - 1', 'expression-type'],
    ['inputs.city +', 'expression-invalid'],
    ['${inputs.city}', 'expression-invalid'],
    ['', 'out-of-range'],
    [5, 'wrong-type'],
  ])('is refused as %j', (key, code) => {
    expect(said(checkKey(key))).toEqual([`${code} /settings/concurrency/key`]);
  });

  it('needs a limit', () => {
    const report = checkNodes([set('a')], { settings: { concurrency: { key: "'all'" } } });
    expect(said(report)).toEqual(['missing-field /settings/concurrency/limit']);
  });
});

describe('the time of a preflight', () => {
  /** As many items as a spec has room for. */
  const fill = (make: (index: number) => unknown): unknown[] => {
    const items: unknown[] = [];
    for (let bytes = 200; bytes < limits.specBytes - 100; bytes += JSON.stringify(items.at(-1)).length + 1) {
      items.push(make(items.length));
    }
    return items.slice(0, -1);
  };

  it.each<[what: string, spec: () => unknown]>([
    ['a long text', () => ({ version: '1', nodes: [set('a', 'x'.repeat(limits.specBytes - 200))] })],
    ['empty nodes', () => ({ version: '1', nodes: fill(() => ({})) })],
    ['nodes that are none', () => ({ version: '1', nodes: fill(() => 1) })],
    [
      'nodes that see each other',
      () => ({
        version: '1',
        nodes: Array.from({ length: 250 }, (_, n) => set(`n${n}`, fill((i) => `\${n${n}+${i}}`).slice(0, 50))),
      }),
    ],
    [
      'expressions',
      () => ({
        version: '1',
        nodes: [
          set(
            'a',
            fill((n) => `\${x${n}}`),
          ),
        ],
      }),
    ],
    ['one text of expressions', () => ({ version: '1', nodes: [set('a', fill((n) => `\${${n}}`).join(''))] })],
    ['unterminated expressions', () => ({ version: '1', nodes: [set('a', '${'.repeat(limits.specBytes / 2 - 200))] })],
    [
      'unknown fields',
      () => ({ version: '1', nodes: [], ...Object.fromEntries(fill((n) => n).map((n) => [`f${n}`, 1])) }),
    ],
    [
      'unknown inputs of a tool',
      () => ({
        version: '1',
        nodes: [
          {
            id: 'a',
            type: 'tool',
            tool: 'http.request',
            inputs: Object.fromEntries(fill((n) => n).map((n) => [`f${n}`, 1])),
          },
        ],
      }),
    ],
    ['a hostile pattern', () => ({ version: '1', inputs: { pattern: '(a+)+$' }, nodes: [set('a', '${inputs.x}')] })],
  ])('is bounded for 256 KB of %s', (_what, make) => {
    const spec = make();
    // Processor time, the better of two, and far from the half second it takes: quadratic work would take minutes.
    const times = [1, 2].map(() => {
      const before = process.cpuUsage();
      check(spec);
      return process.cpuUsage(before).user / 1_000;
    });
    expect(Math.min(...times)).toBeLessThan(5_000);
  });
});

describe('names', () => {
  it.each(['inputs', 'trigger', 'run', 'secrets', 'error', 'json', 'math', 'date', 'cel', 'for', 'true', 'in'])(
    'of nodes and loop variables cannot be %s, which expressions use',
    (name) => {
      expect(said(checkNodes([set(name)]))).toContain('node-id-reserved /nodes/0/id');
      for (const field of ['as', 'index_as']) {
        const loop = { id: 'l', type: 'for_each', items: '[1]', as: 'x', [field]: name, nodes: [set('a')] };
        expect(said(checkNodes([loop]))).toContain(`variable-reserved /nodes/0/${field}`);
      }
    },
  );

  it.each(['constructor', 'valueof', 'x', 'inputs_2'])('can be %s', (name) => {
    const loop = { id: 'l', type: 'for_each', items: '[1]', as: name, nodes: [set('a', `\${${name}}`)] };
    expect(said(checkNodes([loop]))).toEqual([]);
    expect(said(checkNodes([set(name), set('b', `\${${name}}`)]))).toEqual([]);
  });

  it.each<[what: string, nodes: unknown[], finding: string]>([
    ['of a node before', [set('x'), { id: 'l', type: 'for_each', items: '[1]', as: 'x', nodes: [] }], '/nodes/1/as'],
    [
      'of the loop around',
      [
        {
          id: 'l',
          type: 'for_each',
          items: '[[1]]',
          as: 'x',
          nodes: [{ id: 'm', type: 'for_each', items: 'x', as: 'y', index_as: 'x', nodes: [] }],
        },
      ],
      '/nodes/0/nodes/0/index_as',
    ],
    [
      'of its own index',
      [{ id: 'l', type: 'for_each', items: '[1]', as: 'x', index_as: 'x', nodes: [] }],
      '/nodes/0/index_as',
    ],
    [
      'of a node inside',
      [{ id: 'l', type: 'for_each', items: '[1]', as: 'x', nodes: [set('x')] }],
      '/nodes/0/nodes/0/id',
    ],
  ])('of a loop variable cannot be that %s', (_what, nodes, pointer) => {
    expect(said(checkNodes(nodes))).toEqual([`name-shadowed ${pointer}`]);
  });

  it('of loop variables can be used again after the loop', () => {
    const loop = (id: string) => ({ id, type: 'for_each', items: '[1]', as: 'x', nodes: [set(`${id}_inner`)] });
    expect(said(checkNodes([loop('one'), loop('two'), set('x')]))).toEqual([]);
  });
});

describe('the messages of a report', () => {
  it.each<[what: string, nodes: unknown[], message: string]>([
    [
      'a bad id',
      [set('9 Lives')],
      '"id" must be made of lower-case letters, digits and _, beginning with a letter, at most 63 characters.',
    ],
    [
      'a field that is misspelt',
      [{ ...set('a'), timeuot: '1s', whenn: 'true' }],
      'There is no field "whenn" here; did you mean "when"?',
    ],
    ['a field that is missing', [{ id: 'a', type: 'set' }], 'The field "value" is missing.'],
    [
      'a bad duration',
      [{ ...set('a'), timeout: 'soon' }],
      '"timeout" must be: A number and a unit, such as 500ms, 20s, 5m or 1h.',
    ],
    [
      'a bad on_error',
      [{ ...set('a'), on_error: 'ignore' }],
      '"on_error" must be one of ["fail","continue"]. A list of nodes is possible too: they run instead of the node that failed.',
    ],
    ['too many attempts', [{ ...set('a'), retry: { max_attempts: 99 } }], '"max_attempts" must be <= 20.'],
    [
      'a bad loop variable',
      [{ id: 'l', type: 'for_each', items: '[1]', as: 'The Row', nodes: [set('a')] }],
      '"as" must be made of lower-case letters, digits and _, beginning with a letter, at most 63 characters.',
    ],
    [
      'a bad name of a branch',
      [{ id: 'p', type: 'parallel', branches: { 'Left!': [set('a')] } }],
      'The names in "branches" must be made of lower-case letters, digits and _, beginning with a letter, at most 63 characters.',
    ],
    [
      'a type that is unknown',
      [{ id: 'a', type: 'teleport' }],
      'There is no node type "teleport"; there are: set, tool,',
    ],
    ['something that is no node', ['a'], 'A node is a JSON object, this is a string.'],
    ['an id that is taken', [set('a'), set('a')], 'The id "a" is taken by the node at /nodes/0.'],
  ])('explain %s', (_what, nodes, message) => {
    const messages = checkNodes(nodes).errors.map((error) => error.message);
    expect(messages).toContainEqual(expect.stringContaining(message));
  });

  it('come once for each place', () => {
    for (const on_error of ['ignore', 5, [], null, {}]) {
      expect(said(checkNodes([{ ...set('a'), on_error }]))).toHaveLength(1);
    }
  });
});

describe('the inputs of a tool', () => {
  const call = (inputs: object) => said(checkNodes([{ id: 'a', type: 'tool', tool: 'http.request', inputs }]));

  it('are checked where they are literal', () => {
    expect(call({ url: 'https://example.com', method: 'FETCH' })).toEqual([
      'tool-input-invalid /nodes/0/inputs/method',
    ]);
    expect(call({})).toEqual(['tool-input-invalid /nodes/0/inputs/url']);
  });

  it('are left to the run where they hold expressions', () => {
    expect(call({ url: '${inputs.url}', method: '${inputs.method}', headers: { a: '${inputs.a}' } })).toEqual([]);
  });

  it('must exist even if they hold expressions', () => {
    expect(call({ url: 'https://example.com', qurey: '${inputs.q}' })).toEqual([
      'tool-input-invalid /nodes/0/inputs/qurey',
    ]);
  });
});

type Path = readonly (string | number)[];

/** The paths of everything inside a value. */
function everyPath(value: unknown, path: Path = []): Path[] {
  const inside = typeof value === 'object' && value !== null ? Object.entries(value) : [];
  return inside.flatMap(([key, inner]) => [[...path, key], ...everyPath(inner, [...path, key])]);
}

/** Puts a value there, unless an earlier change has taken the place away. */
function put(value: Json, path: Path, replacement: Json): void {
  let parent: any = value;
  for (const step of path.slice(0, -1)) parent = parent?.[step];
  if (typeof parent === 'object' && parent !== null) parent[path.at(-1)!] = replacement;
}
