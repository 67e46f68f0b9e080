import { setTimeout as delay } from 'node:timers/promises';
import { Random, seed } from '../chaos/support/random.js';
import { leapingClock, SecondlySchedules } from '../support/secondly-schedules.js';

const SUBSCRIPTIONS = 50;
const MS = 15_000;
/** Where processes are killed in the midst of firing: all is written and not committed; or it is committed. */
const faults = ['before-events:3', 'after-events:4'];

describe('schedules of several processes', () => {
  let schedules: SecondlySchedules;
  afterEach(() => schedules?.close());

  it('fire each time once, whoever is killed wherever, and whatever the clocks of processes say', async () => {
    const random = new Random(seed);
    const clock = leapingClock();
    schedules = await SecondlySchedules.start([
      clock,
      { SEER_FAULT_POINT: faults[0]! },
      { ...clock, SEER_FAULT_POINT: faults[1]! },
      {},
    ]);
    await schedules.subscribe(SUBSCRIPTIONS);
    const [, first, second, last] = schedules.processes;
    const killed = async (): Promise<void> => {
      await delay(random.below(MS / 3));
      await last!.program.stop('SIGKILL');
      await last!.start();
      await delay(random.below(MS / 3));
      await last!.program.stop('SIGKILL');
    };
    await Promise.all([delay(MS), killed(), first!.program.ended, second!.program.ended]);
    await schedules.finish();

    const fired = await schedules.fired();
    process.stdout.write(`${JSON.stringify({ part: 'schedules', seed, fired })}\n`);
    expect(await schedules.faults()).toEqual({});
    expect(fired).toBeGreaterThanOrEqual((SUBSCRIPTIONS * (MS - 1_000)) / 1_000);
    // By the clock of the database, whoever has fired it.
    const { rows } = await schedules.database.query(
      `select from trigger_event where created_at not between slot and slot + interval '1 minute'`,
    );
    expect(rows.length).toBe(0);
    // On a machine with much else to do, starting four processes takes longer than all the rest.
  }, 300_000);
});
