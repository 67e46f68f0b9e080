import { LaneGroup } from './lane-group.js';
import { MemoryJournal } from './memory-journal.spec-helper.js';
import { type RunContext } from './run-context.js';

const contextOf = (signal = new AbortController().signal): RunContext => ({
  journal: new MemoryJournal(),
  signal,
  callTool: () => Promise.reject(new Error('not used')),
  callWorkflow: () => Promise.reject(new Error('not used')),
  askModel: () => Promise.reject(new Error('not used')),
  listFunctions: () => Promise.reject(new Error('not used')),
});
const soon = () => new Promise<void>((resolve) => setImmediate(resolve));

describe('the lanes of a fan-out', () => {
  it('are each run once, in order, by as many workers as there are', async () => {
    const group = new LaneGroup(['a', 'b', 'c'], contextOf());
    const begun: string[] = [];
    const work = () =>
      group.work(async (lane) => {
        begun.push(lane);
        await soon();
        return lane;
      });
    const results = (await Promise.all([work(), work()])).flat();
    expect(begun).toEqual(['a', 'b', 'c']);
    expect(results.sort((one, other) => one.lane - other.lane)).toEqual([
      { lane: 0, value: 'a' },
      { lane: 1, value: 'b' },
      { lane: 2, value: 'c' },
    ]);
  });

  it('end with the first failure, and none begins after it', async () => {
    const group = new LaneGroup([0, 1, 2, 3, 4], contextOf());
    const begun: number[] = [];
    const work = () =>
      group.work(async (lane) => {
        begun.push(lane);
        await soon();
        if (lane === 0) throw new Error('first');
        await soon();
        return lane;
      });
    const results = await Promise.allSettled([work(), work()]);
    const reasons = results.map((result) => (result as PromiseRejectedResult).reason as Error);
    expect(reasons[0]).toMatchObject({ message: 'first' });
    expect(reasons[1]).toBe(reasons[0]);
    expect(begun).toEqual([0, 1]);
  });

  it('end with the reason of the run when that is stopped', async () => {
    const stop = new AbortController();
    const group = new LaneGroup([0, 1], contextOf(stop.signal));
    const working = group.work(async () => {
      stop.abort(new Error('cancelled'));
      return null;
    });
    await expect(working).rejects.toThrow('cancelled');
  });
});
