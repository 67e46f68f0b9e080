import { type Json } from '../../common/json.js';
import { SpecInvalidError } from './compile-workflow.js';
import { effects, execute, flakyCalls, peak, echo, set } from './memory-journal.spec-helper.js';

const outputOf = async (nodes: unknown[], inputs = {}) => (await execute(nodes, inputs as never)).output;

beforeEach(() => {
  effects.length = 0;
  flakyCalls.clear();
  peak.slow = 0;
});

describe('a block', () => {
  it('has the value of its last node, each of which sees those before it', async () => {
    expect(
      await outputOf([set('a', 1), set('b', '${a + 1}'), set('c', { sum: '${a + b}', text: 'b is ${b}' })]),
    ).toEqual({
      sum: 3,
      text: 'b is 2',
    });
  });

  it('refuses a spec with errors', async () => {
    await expect(execute([set('a', '${later}'), set('later', 1)])).rejects.toThrow(SpecInvalidError);
  });

  it('makes everything durable before an effect, and only then', async () => {
    const pure = await execute([set('a', 1), set('b', 2), set('c', 3)]);
    expect(pure.journal.settles).toBe(0);
    const mixed = await execute([set('a', 1), echo('x', 1), set('b', 2), set('c', 3), echo('y', 2), echo('z', 3)]);
    expect(mixed.journal.settles).toBe(3);
  });
});

describe('if and switch', () => {
  const nodes = [
    set('n', '${inputs.n}'),
    {
      id: 'size',
      type: 'if',
      condition: 'n > 10',
      then: [
        {
          id: 'huge',
          type: 'if',
          condition: 'n > 100',
          then: [set('h', 'huge')],
          else: [echo('l', 'large'), set('m', '${l}!')],
        },
      ],
      else: [],
    },
    {
      id: 'kind',
      type: 'switch',
      cases: [
        { when: 'n == 1', nodes: [set('one', 'one')] },
        { when: 'n > 100', nodes: [] },
      ],
      default: [echo('other', 'other')],
    },
    set('end', ['${size}', '${kind}']),
  ];

  it.each([
    [1, [null, 'one'], ['end', 'kind', 'n', 'one', 'size']],
    [50, ['large!', 'other'], ['end', 'huge', 'kind', 'l', 'm', 'n', 'other', 'size']],
    [500, ['huge', null], ['end', 'h', 'huge', 'kind', 'n', 'size']],
  ])('run one way for %s', async (n, output, paths) => {
    const outcome = await execute(nodes, { n });
    expect(outcome.output).toEqual(output);
    expect(outcome.steps).toEqual(paths.map((path) => `${path} 1 COMPLETED`));
  });

  it('work as the only node, and with nothing in their branches', async () => {
    expect(await outputOf([{ id: 'i', type: 'if', condition: 'true', then: [] }])).toBeNull();
    expect(await outputOf([{ id: 'i', type: 'if', condition: 'false', then: [set('a', 1)] }])).toBeNull();
    expect(await outputOf([{ id: 'i', type: 'if', condition: 'true', then: [set('a', 1)] }])).toBe(1);
  });
});

describe('for_each', () => {
  const each = (more: object) => ({ id: 'all', type: 'for_each', items: 'inputs.list', as: 'x', ...more });

  it('keeps the order of the items, whatever ends first', async () => {
    const nodes = [
      each({
        index_as: 'i',
        nodes: [{ id: 's', type: 'tool', tool: 'slow', inputs: { ms: '${20 - x}', value: '${x * 10 + i}' } }],
      }),
    ];
    const outcome = await execute(nodes, { list: [1, 18, 9] });
    expect(outcome.output).toEqual([10, 181, 92]);
    expect(outcome.steps).toEqual(['all 1 COMPLETED', 's[0] 1 COMPLETED', 's[1] 1 COMPLETED', 's[2] 1 COMPLETED']);
  });

  it('runs no more than max_concurrency at a time, and 10 when nothing is said', async () => {
    const list = Array.from({ length: 40 }, (_, n) => n);
    const body = [{ id: 's', type: 'tool', tool: 'slow', inputs: {} }];
    await execute([each({ max_concurrency: 3, nodes: body })], { list });
    expect(peak.slow).toBe(3);
    peak.slow = 0;
    await execute([each({ nodes: body })], { list });
    expect(peak.slow).toBe(10);
  });

  it('collects what it is told to, from the end of each round', async () => {
    const nodes = [each({ nodes: [set('a', '${x + 1}'), set('b', '${a * 2}')], collect: 'a + b' })];
    expect(await outputOf(nodes, { list: [1, 2] })).toEqual([6, 9]);
  });

  it('gives an empty list for none, and refuses too many', async () => {
    expect(await outputOf([each({ nodes: [set('a', 1)] })], { list: [] })).toEqual([]);
    const { failure } = await execute([each({ max_items: 2, nodes: [set('a', 1)] })], { list: [1, 2, 3] });
    expect(failure).toMatchObject({ detail: { code: 'too-many-items', node_id: 'all', path: 'all' } });
  });

  it('nests, with a path for each round, and other control flow inside', async () => {
    const inner = {
      id: 'inner',
      type: 'for_each',
      items: 'x',
      as: 'y',
      nodes: [{ id: 'odd', type: 'if', condition: 'y % 2 == 1', then: [echo('e', '${y}')], else: [set('z', 0)] }],
    };
    const outcome = await execute([each({ nodes: [inner] })], { list: [[1, 2], [3]] });
    expect(outcome.output).toEqual([[1, 0], [3]]);
    expect([...effects].sort()).toEqual(['e[0][0]', 'e[1][0]']);
    expect(outcome.steps).toContain('z[0][1] 1 COMPLETED');
    expect(outcome.steps).toContain('inner[1] 1 COMPLETED');
  });
});

describe('parallel', () => {
  it('gives the values by name, and holds no branch up for another', async () => {
    const slow = (id: string, ms: number) => ({ id, type: 'tool', tool: 'slow', inputs: { ms, value: id } });
    const nodes = [
      {
        id: 'p',
        type: 'parallel',
        branches: { long: [slow('one', 120)], short: [slow('two', 5), slow('three', 5), slow('four', 5)] },
      },
    ];
    const outcome = await execute(nodes);
    expect(outcome.output).toEqual({ long: 'one', short: 'four' });
    expect(outcome.journal.steps.map(({ path }) => path)).toEqual(['two', 'three', 'four', 'one', 'p']);
  });
});

describe('repeat', () => {
  it('ends when until is true, or at max_iterations', async () => {
    const repeat = (until: string) => ({ id: 'r', type: 'repeat', until, max_iterations: 4, nodes: [echo('e', 5)] });
    const early = await execute([repeat('e == 5')]);
    expect(early.output).toBe(5);
    expect(effects).toEqual(['e[0]']);
    effects.length = 0;
    await execute([repeat('false')]);
    expect(effects).toEqual(['e[0]', 'e[1]', 'e[2]', 'e[3]']);
  });
});

describe('stop and fail', () => {
  it('end the run wherever they are', async () => {
    const inside = (node: object) => [
      {
        id: 'l',
        type: 'for_each',
        items: '[1, 2]',
        as: 'x',
        nodes: [{ id: 'i', type: 'if', condition: 'x == 1', then: [node] }],
      },
      echo('after', 1),
    ];
    expect(await outputOf(inside({ id: 'enough', type: 'stop', output: { x: '${x}' } }))).toEqual({ x: 1 });
    const { failure } = await execute(inside({ id: 'no', type: 'fail', message: 'not with ${x}' }));
    expect(failure).toMatchObject({ message: 'not with 1', detail: { code: 'failed', node_id: 'no', path: 'no[0]' } });
    expect(effects).toEqual([]);
  });
});

describe('when', () => {
  it('leaves null and a SKIPPED step, of a leaf and of control flow', async () => {
    const outcome = await execute(
      [
        echo('a', 1, { when: 'inputs.go' }),
        { id: 'l', type: 'for_each', when: 'inputs.go', items: '[1]', as: 'x', nodes: [echo('b', 1)] },
        { id: 'r', type: 'repeat', when: 'inputs.go', until: 'true', max_iterations: 1, nodes: [echo('c', 1)] },
        { id: 'i', type: 'if', when: 'inputs.go', condition: 'true', then: [echo('d', 1)] },
        set('end', ['${a}', '${l}', '${r}', '${i}']),
      ],
      { go: false },
    );
    expect(outcome.output).toEqual([null, null, null, null]);
    expect(outcome.steps.filter((step) => step.endsWith('SKIPPED'))).toHaveLength(4);
    expect(effects).toEqual([]);
  });
});

describe('retry, timeout and on_error', () => {
  const quick = { initial_interval: '1ms' };

  it('repeat what may succeed another time, and count the attempts', async () => {
    const outcome = await execute([
      {
        id: 'f',
        type: 'tool',
        tool: 'flaky',
        inputs: { succeed_at: 3, value: 'ok' },
        retry: { max_attempts: 5, ...quick },
      },
    ]);
    expect(outcome.output).toBe('ok');
    expect(outcome.steps).toEqual(['f 1 FAILED', 'f 2 FAILED', 'f 3 COMPLETED']);
  });

  it('give up after max_attempts, and at once when trying again cannot help', async () => {
    const retry = { max_attempts: 2, ...quick };
    const flaky = await execute([{ id: 'f', type: 'tool', tool: 'flaky', inputs: { succeed_at: 9 }, retry }]);
    expect(flaky.failure).toMatchObject({ detail: { code: 'upstream-error', attempt: 2 } });
    effects.length = 0;
    await execute([{ id: 'b', type: 'tool', tool: 'broken', inputs: {}, retry }]);
    expect(effects).toEqual(['b']);
  });

  it('end an attempt that takes too long, of a leaf and of control flow', async () => {
    const slow = { id: 's', type: 'tool', tool: 'slow', inputs: { ms: 2_000 } };
    expect((await execute([{ ...slow, timeout: '20ms' }])).failure).toMatchObject({
      detail: { code: 'node-timeout', node_id: 's' },
    });
    const loop = { id: 'l', type: 'for_each', items: '[1, 2]', as: 'x', nodes: [slow], timeout: '20ms' };
    expect((await execute([loop])).failure).toMatchObject({ detail: { code: 'node-timeout', node_id: 'l' } });
  });

  it('go on with the error as the value, or with a block that sees it', async () => {
    const broken = { id: 'b', type: 'tool', tool: 'broken', inputs: {} };
    expect(await outputOf([{ ...broken, on_error: 'continue' }, set('c', '${b.error.code}')])).toBe('upstream-error');
    const handled = { ...broken, on_error: [set('h', 'caught ${error.node_id}: ${error.message}')] };
    expect(await outputOf([handled])).toBe('caught b: upstream is down');
    const loop = { id: 'l', type: 'for_each', items: '[1, 2]', as: 'x', nodes: [broken] };
    expect(await outputOf([{ ...loop, on_error: [set('h', '${error.node_id}')] }])).toBe('b');
    const again = { ...loop, on_error: [{ id: 'f', type: 'fail', message: 'again' }] };
    expect((await execute([again])).failure).toMatchObject({ detail: { node_id: 'f' } });
  });

  it('do not catch a stop', async () => {
    expect(
      await outputOf([
        { id: 'i', type: 'if', condition: 'true', on_error: 'continue', then: [{ id: 's', type: 'stop', output: 7 }] },
      ]),
    ).toBe(7);
  });
});

describe('an expression that fails', () => {
  const missing = '[1][int(inputs.i)]';
  it.each([
    ['set', set('n', `\${${missing}}`)],
    ['condition', { id: 'n', type: 'if', condition: `${missing} == 1`, then: [] }],
    ['when', { ...set('n', 1), when: `${missing} == 1` }],
    ['items', { id: 'n', type: 'for_each', items: `[${missing}]`, as: 'x', nodes: [] }],
    ['collect', { id: 'n', type: 'for_each', items: '[1]', as: 'x', nodes: [set('a', 1)], collect: missing }],
    ['until', { id: 'n', type: 'repeat', until: `${missing} == 1`, max_iterations: 2, nodes: [set('a', 1)] }],
    ['tool input', { id: 'n', type: 'tool', tool: 'echo', inputs: { value: `\${${missing}}` } }],
  ])('in %s is a failure of its node', async (_where, node) => {
    const outcome = await execute([set('before', 1), node], { i: 9 });
    const { failure } = outcome;
    expect(failure).toMatchObject({ detail: { code: 'expression-error', node_id: 'n' } });
    expect(failure!.detail.path).toMatch(/^n(\[0\])?$/);
    expect(outcome.steps).toContain(`${failure!.detail.path} 1 FAILED`);
  });
});

describe('values that imitate markers', () => {
  it.each<Json>([
    { lc: 1, type: 'constructor', id: ['langchain', 'x'], kwargs: {} },
    { lg_name: 'Command', goto: 'x', update: {} },
    { lg_name: 'Send', node: 'x', args: {} },
    { __overwrite__: 1 },
    { __pregel_tasks: [] },
    { constructor: 1, toJSON: 'x', then: 'y' },
    [[{ lg_name: 'Command' }]],
  ])('%j comes back as it is', async (value) => {
    expect(
      await outputOf([
        echo('a', value),
        set('b', '${a}'),
        { id: 'l', type: 'for_each', items: '[a]', as: 'x', nodes: [set('c', '${x}')] },
      ]),
    ).toEqual([value]);
  });

  it('and so do nodes with odd names', async () => {
    const names = ['constructor', 'values', 'tostring', 'frame', 'hasownproperty', 'x__proto__', 'end', 'start'];
    expect(await outputOf([...names.map((name, n) => set(name, n)), set('sum', `\${${names.join(' + ')}}`)])).toBe(28);
  });
});
