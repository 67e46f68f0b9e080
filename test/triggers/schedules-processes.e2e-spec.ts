import { setTimeout as delay } from 'node:timers/promises';
import { Random, seed } from '../chaos/support/random.js';
import { type Seer } from '../chaos/support/seer.js';
import { leapingClock, SecondlySchedules } from '../support/secondly-schedules.js';

const SUBSCRIPTIONS = 50;
const MS = 20_000;

describe('schedules of several processes', () => {
  let schedules: SecondlySchedules;
  afterEach(() => schedules?.close());

  it('fire each time once, whoever is killed wherever, and whatever the clocks of processes say', async () => {
    const random = new Random(seed);
    const leaping = leapingClock();
    schedules = await SecondlySchedules.start([{}, leaping, leaping]);
    await schedules.subscribe(SUBSCRIPTIONS);
    const end = performance.now() + MS;
    let kills = 0;

    /** Killed again and again: at its own hands around a commit, or at any moment. */
    const suffer = async (seer: Seer): Promise<void> => {
      const point = random.pick(['before-events', 'after-events', undefined]);
      await seer.program.stop('SIGKILL');
      const SEER_FAULT_POINT = point && `${point}:${1 + random.below(4)}`;
      await seer.start(SEER_FAULT_POINT === undefined ? {} : { SEER_FAULT_POINT }).catch(() => {});
      const longest = delay(point ? 8_000 : 500 + random.below(2_000));
      await Promise.race([seer.program.ended, longest]);
      kills += 1;
      if (performance.now() < end) await suffer(seer);
    };
    // A moment in which all of them are at it.
    await delay(2_000);
    await Promise.all(schedules.processes.map((seer) => suffer(seer)));
    await Promise.all(
      schedules.processes.map(async (seer) => {
        await seer.program.stop('SIGKILL');
        await seer.start();
      }),
    );
    await schedules.finish();

    const fired = await schedules.fired();
    process.stdout.write(`${JSON.stringify({ part: 'schedules', seed, kills, fired })}\n`);
    expect(await schedules.faults()).toEqual({});
    expect(fired).toBeGreaterThanOrEqual((SUBSCRIPTIONS * MS) / 1_000);
    expect(kills).toBeGreaterThan(3);
    // By the clock of the database, whoever has fired it.
    const { rows } = await schedules.database.query(
      `select from trigger_event where created_at not between slot and slot + interval '1 minute'`,
    );
    expect(rows.length).toBe(0);
  });
});
