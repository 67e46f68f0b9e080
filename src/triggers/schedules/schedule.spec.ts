import fc from 'fast-check';
import { parseSchedule } from './schedule.js';
import { slots, usual } from './slots.spec-helper.js';

describe('a schedule', () => {
  const at = (text: string) => new Date(text);
  const schedule = (cron: string, timezone = 'UTC') => parseSchedule({ cron, timezone, dst: usual });

  it('fires strictly after, on whole seconds', () => {
    const daily = schedule('0 9 * * *');
    expect(daily.next(at('2026-05-05T08:59:59.999Z'))).toEqual(at('2026-05-05T09:00Z'));
    expect(daily.next(at('2026-05-05T09:00:00.000Z'))).toEqual(at('2026-05-06T09:00Z'));
    expect(schedule('* * * * * *').next(at('2026-05-05T09:00:00.001Z'))).toEqual(at('2026-05-05T09:00:01Z'));
  });

  it.each(['0 0 30 2 *', '0 0 31 4,6,9,11 *', '* * * 31 2,4,6,9,11 *', '0 0 30W 2 *'])('may never fire: %s', (cron) => {
    const never = schedule(cron);
    expect(never.next(at('2026-01-01T00:00Z'))).toBeUndefined();
    expect(never.last(at('1990-01-01T00:00Z'), at('2026-01-01T00:00Z'))).toBeUndefined();
    expect(never.upcoming(at('2026-01-01T00:00Z'), 3)).toEqual([]);
    // With a search, of which each takes a millisecond or more, this test would not come to its end.
    for (let i = 0; i < 500_000; i += 1) never.next(at('2026-01-01T00:00Z'));
  });

  it('finds rare days', () => {
    expect(schedule('0 0 29 2 *').upcoming(at('2096-01-01T00:00Z'), 2)).toEqual([
      at('2096-02-29T00:00Z'),
      at('2104-02-29T00:00Z'),
    ]);
    expect(schedule('0 0 * 2 MON#5', 'Europe/Berlin').next(at('2026-01-01T00:00Z'))).toEqual(at('2044-02-28T23:00Z'));
  });

  it('knows the last day, weekdays near a day, and the place of a weekday in the month', () => {
    const days = (cron: string) =>
      slots(cron, 'UTC', ['2026-01-01T00:00Z', '2026-06-30T00:00Z']).map((slot) => slot.slice(5, 10));
    expect(days('0 0 L * *')).toEqual(['01-31', '02-28', '03-31', '04-30', '05-31', '06-30']);
    expect(days('0 0 LW * *')).toEqual(['01-30', '02-27', '03-31', '04-30', '05-29', '06-30']);
    expect(days('0 0 15W * *')).toEqual(['01-15', '02-16', '03-16', '04-15', '05-15', '06-15']);
    expect(days('0 0 1W * *')).toEqual(['01-01', '02-02', '03-02', '04-01', '05-01', '06-01']);
    expect(days('0 0 31W * *')).toEqual(['01-30', '03-31', '05-29']);
    expect(days('0 0 * * FRI#L')).toEqual(['01-30', '02-27', '03-27', '04-24', '05-29', '06-26']);
    expect(days('0 0 * * MON#1')).toEqual(['01-05', '02-02', '03-02', '04-06', '05-04', '06-01']);
    expect(days('0 0 * * SUN#5')).toEqual(['03-29', '05-31']);
  });

  it('finds the last slot of a long time', () => {
    const weekly = schedule('0 2 * * SUN', 'Europe/Berlin');
    expect(weekly.last(at('2020-01-01T00:00Z'), at('2026-05-05T12:00Z'))).toEqual(at('2026-05-03T00:00Z'));
    expect(weekly.last(at('2020-01-01T00:00Z'), at('2026-05-03T00:00Z'))).toEqual(at('2026-05-03T00:00Z'));
    expect(weekly.last(at('2026-05-03T00:00Z'), at('2026-05-05T12:00Z'))).toBeUndefined();
    expect(weekly.last(at('2026-05-05T12:00Z'), at('2026-05-05T12:00Z'))).toBeUndefined();
    expect(weekly.last(at('2026-05-06T12:00Z'), at('2026-05-05T12:00Z'))).toBeUndefined();
    expect(schedule('* * * * * *').last(at('2020-01-01T00:00Z'), at('2026-05-05T12:00:00.5Z'))).toEqual(
      at('2026-05-05T12:00Z'),
    );
  });

  it('is parsed once', () => {
    expect(schedule('0 9 * * *')).toBe(schedule('0 9 * * *'));
    expect(schedule('0 9 * * *')).not.toBe(schedule('0 9 * * *', 'Europe/Berlin'));
  });
});

describe('any schedule', () => {
  const item = (min: number, max: number) => {
    const value = fc.integer({ min, max });
    const range = fc.tuple(value, value).map(([a, b]) => `${Math.min(a, b)}-${Math.max(a, b)}`);
    const stepped = fc
      .tuple(fc.oneof(fc.constant('*'), range), fc.integer({ min: 1, max }))
      .map(([body, step]) => `${body}/${step}`);
    return fc.oneof(value.map(String), range, stepped);
  };
  const field = (min: number, max: number) =>
    fc.oneof(
      fc.constant('*'),
      fc.array(item(min, max), { minLength: 1, maxLength: 3 }).map((items) => items.join(',')),
    );
  const time = fc.tuple(field(0, 59), field(0, 59), field(0, 3)).map((fields) => fields.join(' '));
  const days = fc.oneof(
    fc.constant('* * *'),
    fc.tuple(field(1, 31), field(1, 12), field(0, 7)).map((fields) => fields.join(' ')),
  );
  const configs = fc.record({
    cron: fc.tuple(time, days).map((parts) => parts.join(' ')),
    timezone: fc.constantFrom(
      'UTC',
      'Europe/Berlin',
      'Australia/Lord_Howe',
      'America/Havana',
      'America/Nuuk',
      'Pacific/Apia',
      'Africa/Casablanca',
    ),
    dst: fc.record({ missing: fc.constantFrom('next', 'skip'), repeated: fc.constantFrom('first', 'both') }),
  });
  // Mostly near changes of clocks.
  const changes = [
    '2026-03-29T01:00Z',
    '2026-10-25T01:00Z',
    '2026-04-04T15:00Z',
    '2026-10-03T15:30Z',
    '2026-11-01T05:00Z',
    '2011-12-30T10:00Z',
  ];
  const starts = fc.oneof(
    fc.date({ min: new Date('1975-01-01'), max: new Date('2040-01-01'), noInvalidDate: true }),
    fc
      .tuple(fc.constantFrom(...changes), fc.integer({ min: -7_200_000, max: 7_200_000 }))
      .map(([change, by]) => new Date(Date.parse(change) + by)),
  );

  it('has slots that ascend, each of which is found from just before it and is the last one until itself', () => {
    fc.assert(
      fc.property(configs, starts, (config, start) => {
        const schedule = parseSchedule(config);
        const slots = schedule.upcoming(start, 10);
        let before = start;
        for (const slot of slots) {
          expect(slot.getTime()).toBeGreaterThan(before.getTime());
          expect(schedule.next(new Date(slot.getTime() - 1))).toEqual(slot);
          const previous = schedule.last(start, new Date(slot.getTime() - 1));
          expect(previous).toEqual(before === start ? undefined : before);
          expect(schedule.last(start, slot)).toEqual(slot);
          before = slot;
        }
      }),
      { numRuns: 150 },
    );
  });
});
