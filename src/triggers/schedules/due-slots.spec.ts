import { type FiringPolicy } from './firing-policy.js';
import { delayOf, dueSlots } from './due-slots.js';
import { parseSchedule, type Schedule } from './schedule.js';

type Policy = Pick<FiringPolicy, 'catch_up' | 'catch_up_limit'>;

const dst = { missing: 'next', repeated: 'first' } as const;
const cron = (expression: string, timezone = 'UTC', more: object = {}): Schedule =>
  parseSchedule({ cron: expression, timezone, dst: { ...dst, ...more } });

const skip: Policy = { catch_up: 'skip', catch_up_limit: 100 };
const latest: Policy = { catch_up: 'latest', catch_up_limit: 100 };
const all = (limit: number): Policy => ({ catch_up: 'all', catch_up_limit: limit });

/** What is due, as short texts. */
function due(schedule: Schedule, policy: Policy, dueAt: string, now: string, delay = 0) {
  const found = dueSlots(schedule, policy, { dueAt: new Date(dueAt), now: new Date(now), delay });
  return {
    firing: found.firing.map(short),
    missed: found.missed && `${short(found.missed.last)}: ${found.missed.why}`,
    goesOnWith: found.goesOnWith && short(found.goesOnWith),
    next: found.nextFireAt && short(found.nextFireAt),
  };
}

const short = (moment: Date): string => moment.toISOString().replace('.000Z', 'Z');

/** What it takes at most to find out what is due: how often a schedule is asked for its next time. */
function counted(schedule: Schedule): Schedule & { asked: number } {
  return {
    asked: 0,
    next(after) {
      this.asked += 1;
      return schedule.next(after);
    },
    last(after, until) {
      // It halves the range.
      this.asked += Math.ceil(Math.log2(Math.max(until.getTime() - after.getTime(), 2))) + 1;
      return schedule.last(after, until);
    },
    upcoming(after, count) {
      this.asked += count;
      return schedule.upcoming(after, count);
    },
  };
}

const minutely = cron('* * * * *');
const secondly = cron('* * * * * *');

describe('what is due', () => {
  describe.each([
    ['skip', skip],
    ['latest', latest],
    ['all', all(1)],
  ])('on time, with catch_up %s', (_name, policy) => {
    it('fires, and is due again at its next time', () => {
      expect(due(minutely, policy, '2026-05-01T12:00:00Z', '2026-05-01T12:00:00.400Z')).toEqual({
        firing: ['2026-05-01T12:00:00Z'],
        next: '2026-05-01T12:01:00Z',
      });
    });

    it('fires to the millisecond', () => {
      expect(due(minutely, policy, '2026-05-01T12:00:00Z', '2026-05-01T12:00:00Z')).toEqual({
        firing: ['2026-05-01T12:00:00Z'],
        next: '2026-05-01T12:01:00Z',
      });
    });

    it('fires each of its times when it is late by less than a minute: that is no gap', () => {
      expect(due(secondly, policy, '2026-05-01T12:00:00Z', '2026-05-01T12:00:02.900Z')).toEqual({
        firing: ['2026-05-01T12:00:00Z', '2026-05-01T12:00:01Z', '2026-05-01T12:00:02Z'],
        next: '2026-05-01T12:00:03Z',
      });
      const { firing, missed } = due(secondly, policy, '2026-05-01T12:00:00Z', '2026-05-01T12:00:59.999Z');
      expect([firing.length, missed]).toEqual([60, undefined]);
    });

    it('keeps a time that was promised, even if the schedule knows of it no longer', () => {
      expect(due(minutely, policy, '2026-05-01T12:00:17Z', '2026-05-01T12:00:18Z')).toEqual({
        firing: ['2026-05-01T12:00:17Z'],
        next: '2026-05-01T12:01:00Z',
      });
    });

    it('never fires again after its last time', () => {
      const never: Schedule = { next: () => undefined, last: () => undefined, upcoming: () => [] };
      expect(due(never, policy, '2026-05-01T12:00:00Z', '2026-05-01T12:00:01Z')).toEqual({
        firing: ['2026-05-01T12:00:00Z'],
        next: null,
      });
    });
  });

  describe('after a downtime of 48 hours', () => {
    const from = '2026-05-01T12:00:00Z';
    const now = '2026-05-03T12:00:30Z';

    it('fires the latest, and says how many others there were', () => {
      expect(due(minutely, latest, from, now)).toEqual({
        firing: ['2026-05-03T12:00:00Z'],
        missed:
          '2026-05-03T11:59:00Z: More than 1000 times from 2026-05-01T12:00:00.000Z to 2026-05-03T11:59:00.000Z ' +
          'passed while nothing ran (catch_up).',
        next: '2026-05-03T12:01:00Z',
      });
      expect(due(cron('@hourly'), latest, from, now)).toMatchObject({
        firing: ['2026-05-03T12:00:00Z'],
        missed: expect.stringMatching(/^2026-05-03T11:00:00Z: 48 times from /),
      });
    });

    it('skips what is missed, but fires what is on time', () => {
      expect(due(minutely, skip, from, now)).toMatchObject({
        firing: ['2026-05-03T12:00:00Z'],
        missed: expect.stringMatching(/^2026-05-03T11:59:00Z: More than 1000 times /),
      });
      expect(due(cron('30 * * * *'), skip, '2026-05-01T12:30:00Z', now)).toEqual({
        firing: [],
        missed:
          '2026-05-03T11:30:00Z: 48 times from 2026-05-01T12:30:00.000Z to 2026-05-03T11:30:00.000Z ' +
          'passed while nothing ran (catch_up).',
        next: '2026-05-03T12:30:00Z',
      });
      expect(due(cron('0 12 1 * *'), skip, from, now)).toMatchObject({
        firing: [],
        missed: expect.stringMatching(/^2026-05-01T12:00:00Z: 1 time from /),
      });
    });

    it('fires all, when they are not more than may be', () => {
      const { firing, missed, next } = due(cron('@hourly'), all(49), from, now);
      expect([firing.length, firing[0], firing.at(-1)]).toEqual([49, '2026-05-01T12:00:00Z', '2026-05-03T12:00:00Z']);
      expect([missed, next]).toEqual([undefined, '2026-05-03T13:00:00Z']);
    });

    it('fires the last ones, oldest first, when they are more', () => {
      expect(due(cron('@hourly'), all(3), from, now)).toEqual({
        firing: ['2026-05-03T10:00:00Z', '2026-05-03T11:00:00Z', '2026-05-03T12:00:00Z'],
        missed: expect.stringMatching(/^2026-05-03T09:00:00Z: 46 times from /),
        next: '2026-05-03T13:00:00Z',
      });
      expect(due(cron('@hourly'), all(1), from, now)).toMatchObject({ firing: ['2026-05-03T12:00:00Z'] });
    });

    it('fires a hundred at a time, and goes on until all of them have', () => {
      let dueAt = from;
      const fired: string[] = [];
      const missed: (string | undefined)[] = [];
      for (let turn = 0; turn < 10; turn++) {
        const part = due(secondly, all(1_000), dueAt, now);
        fired.push(...part.firing);
        missed.push(part.missed);
        expect(part.firing.length).toBe(100);
        if (part.goesOnWith === undefined) break;
        dueAt = part.goesOnWith;
      }
      const first = new Date(now).getTime() - 999_000;
      expect(fired).toEqual(Array.from({ length: 1_000 }, (_, n) => short(new Date(first + n * 1_000))));
      expect(missed).toEqual([
        expect.stringMatching(/: More than 1000 times /),
        ...Array<undefined>(9).fill(undefined),
      ]);
    });

    it.each([
      ['skip', skip],
      ['latest', latest],
      ['all', all(1_000)],
    ])('finds out what is due at little cost, even of a schedule that fires each second (%s)', (_name, policy) => {
      for (const expression of ['* * * * * *', '* * * * *', '0 0 * * *', '* * 3 * * *']) {
        const schedule = counted(cron(expression));
        due(schedule, policy, from, now);
        expect(schedule.asked).toBeLessThan(policy.catch_up === 'all' ? 20_000 : 1_200);
      }
    });
  });

  it('is as often there as on the clock of the zone when clocks are changed', () => {
    // 29 March 2026 has no half past two in Berlin; 25 October has two of them.
    const fixed = cron('30 2 * * *', 'Europe/Berlin');
    const spring = due(fixed, all(100), '2026-03-27T01:30:00Z', '2026-03-30T12:00:00Z');
    expect(spring.firing).toEqual([
      '2026-03-27T01:30:00Z',
      '2026-03-28T01:30:00Z',
      '2026-03-29T01:00:00Z',
      '2026-03-30T00:30:00Z',
    ]);
    const autumn = due(fixed, all(100), '2026-10-24T00:30:00Z', '2026-10-26T12:00:00Z');
    expect(autumn.firing).toEqual(['2026-10-24T00:30:00Z', '2026-10-25T00:30:00Z', '2026-10-26T01:30:00Z']);
    const both = cron('30 2 * * *', 'Europe/Berlin', { repeated: 'both' });
    expect(due(both, latest, '2026-10-25T00:30:00Z', '2026-10-25T01:30:10Z')).toEqual({
      firing: ['2026-10-25T01:30:00Z'],
      missed: expect.stringMatching(/^2026-10-25T00:30:00Z: 1 time from /),
      next: '2026-10-26T01:30:00Z',
    });
    const skipping = cron('30 2 * * *', 'Europe/Berlin', { missing: 'skip' });
    expect(due(skipping, latest, '2026-03-28T01:30:00Z', '2026-03-28T01:30:01Z').next).toBe('2026-03-30T00:30:00Z');
  });

  it('is later by the delay of the subscription; its slots are not', () => {
    expect(due(minutely, latest, '2026-05-01T12:00:25Z', '2026-05-01T12:00:25.100Z', 25_000)).toEqual({
      firing: ['2026-05-01T12:00:00Z'],
      next: '2026-05-01T12:01:25Z',
    });
    // A slot whose delay is not over yet is not due, though its time has come.
    expect(due(secondly, latest, '2026-05-01T12:00:10Z', '2026-05-01T12:00:11.500Z', 10_000)).toEqual({
      firing: ['2026-05-01T12:00:00Z', '2026-05-01T12:00:01Z'],
      next: '2026-05-01T12:00:12Z',
    });
    const more = due(secondly, all(1_000), '2026-05-01T12:00:10Z', '2026-05-01T12:05:10Z', 10_000);
    expect([more.firing.at(-1), more.goesOnWith]).toEqual(['2026-05-01T12:01:39Z', '2026-05-01T12:01:50Z']);
  });
});

describe('the delay of a subscription', () => {
  const ids = Array.from({ length: 1_000 }, (_, n) => `0190b6a0-7e2c-7d3a-9f10-${String(n).padStart(12, '0')}`);

  it('is always the same, within its jitter, and spread over all of it', () => {
    const delays = ids.map((id) => delayOf(id, { jitter: '30s' }));
    expect(ids.map((id) => delayOf(id, { jitter: '30s' }))).toEqual(delays);
    expect(Math.min(...delays)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...delays)).toBeLessThanOrEqual(30_000);
    const tenths = Map.groupBy(delays, (delay) => Math.floor(delay / 3_000.1));
    expect([...tenths.values()].every(({ length }) => length > 60 && length < 140)).toBe(true);
    expect(tenths.size).toBe(10);
  });

  it('is none without jitter', () => {
    expect(ids.map((id) => delayOf(id, { jitter: '0s' }))).toEqual(ids.map(() => 0));
  });
});
