import { setTimeout as delay } from 'node:timers/promises';
import { jest } from '@jest/globals';
import { SecondlySchedules } from '../support/secondly-schedules.js';
import { type Patch, patchedBuild } from './support/patched-build.js';

const MS = 6_000;

/** Whoever sees that a subscription is due fires it. */
const noLock: Patch[] = [
  {
    file: 'triggers/schedules/due-schedules.js',
    from: 'for no key update of s skip locked for key share of w skip locked',
    to: '',
  },
];

/** What is wrong when schedules fire for a while, with these walls. */
async function faultsWith({ lock, index }: { lock: boolean; index: boolean }): Promise<Record<string, number>> {
  const script = lock ? undefined : await patchedBuild('schedule-lock', noLock);
  const schedules = await SecondlySchedules.start([{}, {}], script);
  try {
    if (!index) await schedules.database.query('drop index trigger_event_slot');
    await schedules.subscribe(20);
    await delay(MS);
    await schedules.finish();
    expect(await schedules.fired()).toBeGreaterThanOrEqual((20 * (MS - 1_000)) / 1_000);
    return await schedules.faults();
  } finally {
    await schedules.close();
  }
}

jest.setTimeout(300_000);

describe('a time of a schedule fires once because of two walls, each of which is enough', () => {
  it.each([
    { lock: true, index: true },
    { lock: true, index: false },
    { lock: false, index: true },
  ])('nothing is wrong with %j', async (walls) => {
    expect(await faultsWith(walls)).toEqual({});
  });

  it('fires twice without both', async () => {
    expect((await faultsWith({ lock: false, index: false })).twice).toBeGreaterThan(0);
  });
});
