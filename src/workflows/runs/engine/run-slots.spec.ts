import { type Environment } from '../../../common/config/environment.js';
import { RunSlots } from './run-slots.js';

const slotsOf = (runSlots: number, works = true) => new RunSlots({ runSlots, works } as Environment);

describe('run slots', () => {
  it('gives as many as are free', () => {
    const slots = slotsOf(3);
    expect(slots.take(2)).toBe(2);
    expect(slots.take(2)).toBe(1);
    expect(slots.take(2)).toBe(0);
    slots.release();
    expect(slots.take(5)).toBe(1);
    slots.release(3);
    expect(slots.take(5)).toBe(3);
  });

  it('has none in a process that does not work', () => {
    expect(slotsOf(3, false).take(1)).toBe(0);
  });

  it('tells when one is free again', () => {
    const slots = slotsOf(1);
    const seen: number[] = [];
    slots.onFreed(() => seen.push(slots.free));
    slots.take(1);
    slots.release();
    expect(seen).toEqual([1]);
  });

  it('waits for those that are taken when it closes, and gives out no more', async () => {
    const slots = slotsOf(2);
    slots.take(2);
    let closed = false;
    const closing = slots.close(60_000).then(() => (closed = true));
    slots.release();
    expect(slots.take(1)).toBe(0);
    await Promise.resolve();
    expect(closed).toBe(false);
    slots.release();
    await closing;
    await slotsOf(1).close(60_000);
  });

  it('waits no longer than the grace', async () => {
    const slots = slotsOf(1);
    slots.take(1);
    await expect(slots.close(5)).resolves.toBeUndefined();
  });
});
