import { Crash, effects, execute, flakyCalls, MemoryJournal, echo, set } from './memory-journal.spec-helper.js';

const graphs: Record<string, unknown[]> = {
  'a chain': [echo('a', 1), set('b', '${a + 1}'), echo('c', '${b + 1}'), set('d', '${c}'), echo('e', '${d * 2}')],
  'an if': [
    echo('a', 5),
    { id: 'i', type: 'if', condition: 'a > 3', then: [echo('t', 'yes'), set('u', '${t}')], else: [echo('f', 'no')] },
    echo('z', '${i}'),
  ],
  'a switch': [
    echo('a', 5),
    { id: 's', type: 'switch', cases: [{ when: 'a == 5', nodes: [echo('five', 5)] }] },
    echo('z', '${s}'),
  ],
  'parallel branches': [
    {
      id: 'p',
      type: 'parallel',
      branches: { l: [echo('l1', 1), echo('l2', '${l1}')], r: [echo('r1', 2), echo('r2', '${r1}')] },
    },
    echo('z', '${p.l + p.r}'),
  ],
  'a loop': [
    {
      id: 'l',
      type: 'for_each',
      items: '[1, 2, 3, 4]',
      as: 'x',
      max_concurrency: 2,
      nodes: [echo('a', '${x}'), echo('b', '${a * 2}')],
    },
    echo('z', '${sum(l)}'),
  ],
  'nested loops': [
    {
      id: 'o',
      type: 'for_each',
      items: '[[1, 2], [3]]',
      as: 'row',
      nodes: [{ id: 'n', type: 'for_each', items: 'row', as: 'x', nodes: [echo('a', '${x}')] }, echo('s', '${sum(n)}')],
    },
  ],
  'a repeat': [
    { id: 'r', type: 'repeat', until: 'false', max_iterations: 3, nodes: [echo('a', 1), set('b', '${a}')] },
    echo('z', '${r}'),
  ],
  'a caught failure': [
    { id: 'bad', type: 'tool', tool: 'broken', inputs: {}, on_error: [echo('h', '${error.code}'), echo('h2', 'x')] },
    echo('z', '${bad}'),
  ],
  'a caught failure inside': [
    {
      id: 'l',
      type: 'for_each',
      items: '[1]',
      as: 'x',
      on_error: 'continue',
      nodes: [echo('a', '${x}'), { id: 'bad', type: 'tool', tool: 'broken', inputs: {} }],
    },
    echo('z', '${l.error.node_id}'),
  ],
  'a skipped node': [echo('a', 1, { when: 'false' }), echo('z', '${a}')],
  'a stop': [
    echo('a', 1),
    { id: 'i', type: 'if', condition: 'true', then: [echo('b', 2), { id: 's', type: 'stop', output: '${b}' }] },
    echo('z', 1),
  ],
};

const timesOf = (paths: readonly string[]) => {
  const times = new Map<string, number>();
  for (const path of paths) times.set(path, (times.get(path) ?? 0) + 1);
  return times;
};

describe.each(Object.entries(graphs))('%s', (_name, nodes) => {
  it('goes on after a crash at any step as if nothing had happened, and repeats no completed node', async () => {
    effects.length = 0;
    const whole = await execute(nodes);
    const all = whole.journal.steps.length;
    expect(all).toBeGreaterThan(1);
    for (let crashAfter = 0; crashAfter < all; crashAfter++) {
      effects.length = 0;
      const died = new MemoryJournal([], crashAfter);
      await expect(execute(nodes, {}, died)).rejects.toThrow(Crash);
      const before = new Set(died.steps.filter(({ status }) => status === 'COMPLETED').map(({ path }) => path));
      const ran = effects.length;
      const resumed = await execute(nodes, {}, new MemoryJournal(died.steps));
      expect(resumed.output).toEqual(whole.output);
      const completed = (steps: string[]) => steps.filter((step) => !step.endsWith('FAILED'));
      expect(completed(resumed.steps)).toEqual(completed(whole.steps));
      for (const path of effects.slice(ran)) expect(before).not.toContain(path);
      for (const path of before) expect(timesOf(effects).get(path) ?? 0).toBeLessThanOrEqual(1);
    }
  });
});

describe('a retried node', () => {
  it('counts the attempts of the process that died', async () => {
    flakyCalls.clear();
    const nodes = [
      {
        id: 'f',
        type: 'tool',
        tool: 'flaky',
        inputs: { succeed_at: 3 },
        retry: { max_attempts: 9, initial_interval: '1ms' },
      },
    ];
    const died = new MemoryJournal([], 0);
    await expect(execute(nodes, {}, died)).rejects.toThrow(Crash);
    const resumed = await execute(nodes, {}, new MemoryJournal(died.steps));
    expect(resumed.steps).toEqual(['f 1 FAILED', 'f 2 FAILED', 'f 3 COMPLETED']);
  });
});
