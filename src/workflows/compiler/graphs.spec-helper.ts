import { echo, set } from './memory-journal.spec-helper.js';

/** One of each kind, by what it is. Each comes to a COMPLETED end; all steps of one run differ. */
export const graphs: Record<string, unknown[]> = {
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
  'a loop beside a chain': [
    {
      id: 'p',
      type: 'parallel',
      branches: {
        l: [{ id: 'e', type: 'for_each', items: '[1, 2, 3]', as: 'x', max_concurrency: 2, nodes: [echo('a', '${x}')] }],
        r: [echo('r1', 2), set('r2', '${r1}'), echo('r3', '${r2}')],
        w: [
          {
            id: 'again',
            type: 'repeat',
            until: 'false',
            max_iterations: 3,
            delay: '1ms',
            nodes: [echo('w1', 3), { id: 'odd', type: 'if', condition: 'w1 == 3', then: [echo('w2', 4)] }],
          },
        ],
      },
    },
    echo('z', '${p.r}'),
  ],
  'control flow in control flow': [
    echo('a', 1),
    {
      id: 'outer',
      type: 'if',
      condition: 'a == 1',
      then: [
        echo('b', 2),
        { id: 'inner', type: 'switch', cases: [{ when: 'b == 2', nodes: [echo('c', 3)] }], default: [echo('d', 4)] },
        { id: 'no', type: 'if', when: 'false', condition: 'true', then: [echo('never', 1)] },
        set('e', '${inner}'),
      ],
    },
    { id: 'none', type: 'for_each', items: '[]', as: 'x', nodes: [echo('f', 1)] },
    {
      id: 'last',
      type: 'for_each',
      items: '[1, 2]',
      as: 'x',
      timeout: '1m',
      nodes: [set('g', '${x}'), echo('h', '${g}')],
    },
  ],
  'a loop that is tried again': [
    {
      id: 'l',
      type: 'for_each',
      items: '[1, 2]',
      as: 'x',
      // Else it depends on who is first which of the lanes the failure stops.
      max_concurrency: 1,
      retry: { max_attempts: 2, initial_interval: '1ms' },
      nodes: [echo('a', '${x}'), { id: 'bad', type: 'tool', tool: 'broken', inputs: {} }],
      on_error: [echo('h', '${error.code}')],
    },
    echo('z', '${l}'),
  ],
};
