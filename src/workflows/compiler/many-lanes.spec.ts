import { type StepRecord } from './run-context.js';
import { execute, MemoryJournal } from './memory-journal.spec-helper.js';

/** Keeps nothing, so that only the graph itself is measured. */
class Forgetful extends MemoryJournal {
  override recorded(): undefined {
    return undefined;
  }
  override nextAttempt(): number {
    return 1;
  }
  override record(_step: StepRecord): void {}
}

describe('a for_each over many items', () => {
  const nodes = [
    {
      id: 'l',
      type: 'for_each',
      items: 'inputs',
      as: 'x',
      max_items: 100_000,
      nodes: [{ id: 's', type: 'set', value: '${x}' }],
    },
  ];
  const time = async (count: number) => {
    const items = Array.from({ length: count }, (_, n) => n);
    const startedAt = performance.now();
    const { output } = await execute(nodes, items, new Forgetful());
    expect(output).toEqual(items);
    return performance.now() - startedAt;
  };

  it('takes time in proportion to them', async () => {
    await time(1_000);
    const few = await time(2_000);
    const many = await time(20_000);
    expect(many).toBeLessThan(few * 10 * 5 + 100);
  });
});
