import { execute } from './memory-journal.spec-helper.js';

const set = { id: 's', type: 'set', value: 1 };

describe.each([
  ['repeat', { id: 'r', type: 'repeat', until: 'false', max_iterations: 300, nodes: [set] }],
  ['for_each', { id: 'r', type: 'for_each', items: 'inputs', as: 'x', max_items: 5_000, nodes: [set] }],
])('%s', (_type, node) => {
  it('lets the rest of the process have its turn, also when it only computes', async () => {
    let turns = 0;
    let over = false;
    const turn = (): void => {
      turns += 1;
      if (!over) setImmediate(turn);
    };
    setImmediate(turn);
    await execute(
      [node],
      Array.from({ length: 3_000 }, () => 1),
    );
    over = true;
    expect(turns).toBeGreaterThan(1);
  });
});
