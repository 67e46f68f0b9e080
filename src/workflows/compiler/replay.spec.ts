import { graphs } from './graphs.spec-helper.js';
import { Crash, effects, execute, flakyCalls, MemoryJournal } from './memory-journal.spec-helper.js';

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
