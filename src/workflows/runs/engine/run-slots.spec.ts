import { type Environment } from '../../../common/config/environment.js';
import { RunSlots } from './run-slots.js';
import { type WorkerLease } from './worker-lease.js';

const slotsOf = (
  runSlots: number,
  { runSlotsPerUser = runSlots, executesRuns = true, lease = { isLive: true } } = {},
) => new RunSlots({ runSlots, runSlotsPerUser, executesRuns } as Environment, lease as WorkerLease);

describe('run slots', () => {
  it('are taken while there are free ones', () => {
    const slots = slotsOf(2);
    expect([slots.take('a'), slots.take('b'), slots.take('b')]).toEqual([true, true, false]);
    slots.release('a');
    expect([slots.take('b'), slots.take('a')]).toEqual([true, false]);
  });

  it('are reserved for claims, as many as are free, and put back when the claim got less', () => {
    const slots = slotsOf(3);
    slots.take('a');
    expect(slots.reserve(5)).toBe(2);
    expect(slots.take('a')).toBe(false);
    slots.assign('b');
    slots.putBack(1);
    expect(slots.free).toBe(1);
    slots.release('b');
    expect(slots.free).toBe(2);
  });

  it('are none in a process that does not work', () => {
    expect(slotsOf(3, { executesRuns: false }).take('a')).toBe(false);
  });

  it('are none without a lease: what it began would be taken from it', () => {
    const lease = { isLive: false };
    const slots = slotsOf(3, { lease });
    expect(slots.take('a')).toBe(false);
    lease.isLive = true;
    expect(slots.take('a')).toBe(true);
  });

  it('tell when a run has left one, and whose it was, but not when a claim puts back what it has not used', () => {
    const slots = slotsOf(1);
    const seen: string[] = [];
    slots.onFreed((userId) => seen.push(`${userId} ${slots.free}`));
    slots.putBack(slots.reserve(1));
    slots.take('a');
    slots.release('a');
    expect(seen).toEqual(['a 1']);
  });

  it('are given out no more when closed, and tell when all are back', async () => {
    const slots = slotsOf(2);
    slots.take('a');
    slots.reserve(1);
    slots.close();
    let empty = false;
    const emptied = slots.empty(60_000).then(() => (empty = true));
    slots.release('a');
    expect(slots.take('a')).toBe(false);
    await Promise.resolve();
    expect(empty).toBe(false);
    slots.putBack(1);
    await emptied;
    await slots.empty(60_000);
  });

  it('are waited for no longer than one is patient', async () => {
    const slots = slotsOf(1);
    slots.take('a');
    await expect(slots.empty(5)).resolves.toBeUndefined();
  });
});

describe('the slots of one user', () => {
  it('are at most as many as one user may have', () => {
    const slots = slotsOf(10, { runSlotsPerUser: 2 });
    expect([slots.take('a'), slots.take('a'), slots.take('a'), slots.take('b')]).toEqual([true, true, false, true]);
    slots.release('a');
    expect(slots.take('a')).toBe(true);
  });

  it('are so even if all that is being claimed should turn out to be of that user', () => {
    const slots = slotsOf(10, { runSlotsPerUser: 4 });
    slots.take('a');
    expect(slots.reserve(2)).toBe(2);
    expect([slots.take('a'), slots.take('a')]).toEqual([true, false]);
    slots.assign('a');
    slots.assign('a');
    expect(slots.take('a')).toBe(false);
    expect(slots.roomsBelow(1)).toEqual({ a: 0 });
  });

  it('are known to a claim where they are fewer than it asks for', () => {
    const slots = slotsOf(10, { runSlotsPerUser: 4 });
    for (const user of ['a', 'a', 'a', 'b']) slots.take(user);
    expect(slots.roomsBelow(6)).toEqual({ a: 1, b: 3 });
    expect(slots.roomsBelow(3)).toEqual({ a: 1 });
    slots.release('b');
    expect(slots.roomsBelow(6)).toEqual({ a: 1 });
  });
});
