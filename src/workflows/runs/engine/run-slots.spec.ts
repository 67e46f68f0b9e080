import { type Environment } from '../../../common/config/environment.js';
import { RunSlots } from './run-slots.js';
import { type WorkerLease } from './worker-lease.js';

const slotsOf = (runSlots: number, works = true) =>
  new RunSlots({ runSlots, works } as Environment, { isLive: true } as WorkerLease);

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

  it('has none without a lease: what it began would be taken from it', () => {
    const lease = { isLive: false };
    const slots = new RunSlots({ runSlots: 3, works: true } as Environment, lease as WorkerLease);
    expect(slots.take(1)).toBe(0);
    lease.isLive = true;
    expect(slots.take(1)).toBe(1);
  });

  it('gives out no more when it is closed, and tells when all are back', async () => {
    const slots = slotsOf(2);
    slots.take(2);
    slots.close();
    let empty = false;
    const emptied = slots.empty(60_000).then(() => (empty = true));
    slots.release();
    expect(slots.take(1)).toBe(0);
    await Promise.resolve();
    expect(empty).toBe(false);
    slots.release();
    await emptied;
    await slots.empty(60_000);
  });

  it('waits no longer for them than it is patient', async () => {
    const slots = slotsOf(1);
    slots.take(1);
    await expect(slots.empty(5)).resolves.toBeUndefined();
  });
});
