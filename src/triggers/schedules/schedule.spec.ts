import fc from 'fast-check';
import { ScheduleInvalidError } from './schedule.errors.js';
import { parseSchedule, type ScheduleConfig } from './schedule.js';

type Dst = ScheduleConfig['dst'];
const usual: Dst = { missing: 'next', repeated: 'first' };

/** The slots from one instant to another, both included. */
function slots(cron: string, timezone: string, [from, to]: readonly [string, string], dst: Dst = usual): string[] {
  const schedule = parseSchedule({ cron, timezone, dst });
  const found = schedule.upcoming(new Date(Date.parse(from) - 1), 200).filter((slot) => slot <= new Date(to));
  expect(found.length).toBeLessThan(200);
  return found.map((slot) => slot.toISOString().replace(':00.000Z', 'Z'));
}

/** A fixed time that the day leaps over: [zone, expression, day, before, the first instant after the gap, after]. */
const missing: [string, string, [string, string], string[], string, string[]][] = [
  // 02:00 to 03:00
  [
    'Europe/Berlin',
    '30 2 * * *',
    ['2026-03-28T00:00Z', '2026-03-30T12:00Z'],
    ['2026-03-28T01:30Z'],
    '2026-03-29T01:00Z',
    ['2026-03-30T00:30Z'],
  ],
  [
    'America/New_York',
    '30 2 * * *',
    ['2026-03-07T00:00Z', '2026-03-09T12:00Z'],
    ['2026-03-07T07:30Z'],
    '2026-03-08T07:00Z',
    ['2026-03-09T06:30Z'],
  ],
  // 02:00 to 02:30
  [
    'Australia/Lord_Howe',
    '15 2 * * *',
    ['2026-10-02T12:00Z', '2026-10-04T23:00Z'],
    ['2026-10-02T15:45Z'],
    '2026-10-03T15:30Z',
    ['2026-10-04T15:15Z'],
  ],
  // 00:00 to 01:00
  [
    'America/Havana',
    '@daily',
    ['2026-03-07T00:00Z', '2026-03-09T12:00Z'],
    ['2026-03-07T05:00Z'],
    '2026-03-08T05:00Z',
    ['2026-03-09T04:00Z'],
  ],
  [
    'Africa/Cairo',
    '0 0 * * *',
    ['2026-04-22T12:00Z', '2026-04-24T23:00Z'],
    ['2026-04-22T22:00Z'],
    '2026-04-23T22:00Z',
    ['2026-04-24T21:00Z'],
  ],
  [
    'Asia/Beirut',
    '@midnight',
    ['2026-03-27T12:00Z', '2026-03-29T23:00Z'],
    ['2026-03-27T22:00Z'],
    '2026-03-28T22:00Z',
    ['2026-03-29T21:00Z'],
  ],
  // 23:00 to 00:00: the first instant is on the next day
  [
    'America/Nuuk',
    '30 23 * * *',
    ['2026-03-28T00:00Z', '2026-03-30T12:00Z'],
    ['2026-03-28T01:30Z'],
    '2026-03-29T01:00Z',
    ['2026-03-30T00:30Z'],
  ],
  // 30 December 2011 was skipped
  [
    'Pacific/Apia',
    '0 9 * * *',
    ['2011-12-29T00:00Z', '2011-12-31T00:00Z'],
    ['2011-12-29T19:00Z'],
    '2011-12-30T10:00Z',
    ['2011-12-30T19:00Z'],
  ],
  [
    'Pacific/Apia',
    '0 9 30 12 *',
    ['2011-01-01T00:00Z', '2012-12-31T00:00Z'],
    [],
    '2011-12-30T10:00Z',
    ['2012-12-29T19:00Z'],
  ],
];

/** A fixed time that a day has twice. */
const repeated: [string, string, [string, string], string, string, string[]][] = [
  [
    'Europe/Berlin',
    '30 2 * * *',
    ['2026-10-25T00:00Z', '2026-10-26T12:00Z'],
    '2026-10-25T00:30Z',
    '2026-10-25T01:30Z',
    ['2026-10-26T01:30Z'],
  ],
  [
    'Europe/Berlin',
    '0 2 * * *',
    ['2026-10-24T12:00Z', '2026-10-26T12:00Z'],
    '2026-10-25T00:00Z',
    '2026-10-25T01:00Z',
    ['2026-10-26T01:00Z'],
  ],
  [
    'America/New_York',
    '30 1 * * *',
    ['2026-11-01T00:00Z', '2026-11-02T12:00Z'],
    '2026-11-01T05:30Z',
    '2026-11-01T06:30Z',
    ['2026-11-02T06:30Z'],
  ],
  [
    'Australia/Lord_Howe',
    '45 1 * * *',
    ['2026-04-04T00:00Z', '2026-04-05T23:00Z'],
    '2026-04-04T14:45Z',
    '2026-04-04T15:15Z',
    ['2026-04-05T15:15Z'],
  ],
  [
    'America/Havana',
    '@daily',
    ['2026-11-01T00:00Z', '2026-11-02T12:00Z'],
    '2026-11-01T04:00Z',
    '2026-11-01T05:00Z',
    ['2026-11-02T05:00Z'],
  ],
  [
    'Africa/Cairo',
    '30 23 * * *',
    ['2026-10-29T00:00Z', '2026-10-30T23:00Z'],
    '2026-10-29T20:30Z',
    '2026-10-29T21:30Z',
    ['2026-10-30T21:30Z'],
  ],
];

describe('a fixed time that the clock leaps over', () => {
  it.each(missing)('in %s, %s: fires after the gap, or not', (zone, cron, window, before, gapEnd, after) => {
    for (const repeated of ['first', 'both'] as const) {
      expect(slots(cron, zone, window, { missing: 'next', repeated })).toEqual([...before, gapEnd, ...after]);
      expect(slots(cron, zone, window, { missing: 'skip', repeated })).toEqual([...before, ...after]);
    }
  });

  it('fires once, however many are missing, and also when that is a slot already', () => {
    const berlin = ['2026-03-29T00:00Z', '2026-03-29T04:00Z'] as const;
    expect(slots('0,20,40 2 * * *', 'Europe/Berlin', berlin)).toEqual(['2026-03-29T01:00Z']);
    expect(slots('0,30 2-3 * * *', 'Europe/Berlin', berlin)).toEqual(['2026-03-29T01:00Z', '2026-03-29T01:30Z']);
    const skip: Dst = { missing: 'skip', repeated: 'first' };
    expect(slots('0,20,40 2 * * *', 'Europe/Berlin', berlin, skip)).toEqual([]);
    expect(slots('0,30 2-3 * * *', 'Europe/Berlin', berlin, skip)).toEqual(['2026-03-29T01:00Z', '2026-03-29T01:30Z']);
  });

  it('fires at the first instant after the gap to the second', () => {
    expect(slots('59 59 2 * * *', 'Europe/Berlin', ['2026-03-29T00:00Z', '2026-03-29T04:00Z'])).toEqual([
      '2026-03-29T01:00Z',
    ]);
    expect(slots('1 0 3 * * *', 'Europe/Berlin', ['2026-03-29T00:00Z', '2026-03-29T04:00Z'])).toEqual([
      '2026-03-29T01:00:01.000Z',
    ]);
  });
});

describe('a fixed time that the clock shows twice', () => {
  it.each(repeated)('in %s, %s: fires first, or both times', (zone, cron, window, first, second, after) => {
    for (const missing of ['next', 'skip'] as const) {
      expect(slots(cron, zone, window, { missing, repeated: 'first' })).toEqual([first, ...after]);
      expect(slots(cron, zone, window, { missing, repeated: 'both' })).toEqual([first, second, ...after]);
    }
  });

  it('does not fire again when one asks between the two', () => {
    const between = new Date('2026-10-25T01:10Z');
    const next = (repeated: Dst['repeated']) =>
      parseSchedule({ cron: '30 2 25 10 *', timezone: 'Europe/Berlin', dst: { missing: 'next', repeated } }).next(
        between,
      );
    expect(next('first')).toEqual(new Date('2027-10-25T00:30Z'));
    expect(next('both')).toEqual(new Date('2026-10-25T01:30Z'));
  });

  it('fires the second time even when the next day is far off', () => {
    const schedule = parseSchedule({
      cron: '10,50 2 25 10 *',
      timezone: 'Europe/Berlin',
      dst: { missing: 'next', repeated: 'both' },
    });
    expect(schedule.upcoming(new Date('2026-10-25T00:50Z'), 3)).toEqual(
      ['2026-10-25T01:10Z', '2026-10-25T01:50Z', '2027-10-25T00:10Z'].map((text) => new Date(text)),
    );
  });
});

describe('a rhythm', () => {
  const policies: Dst[] = [usual, { missing: 'skip', repeated: 'both' }];

  it.each(policies)('follows real time where the clock leaps, whatever the policy: %j', (dst) => {
    const berlin = ['2026-03-29T00:00Z', '2026-03-29T02:00Z'] as const;
    const halfHours = [
      '2026-03-29T00:00Z',
      '2026-03-29T00:30Z',
      '2026-03-29T01:00Z',
      '2026-03-29T01:30Z',
      '2026-03-29T02:00Z',
    ];
    expect(slots('*/30 * * * *', 'Europe/Berlin', berlin, dst)).toEqual(halfHours);
    expect(slots('*/20 2 * * *', 'Europe/Berlin', berlin, dst)).toEqual([]);
    expect(slots('15 */2 * * *', 'Europe/Berlin', ['2026-03-28T23:00Z', '2026-03-29T03:00Z'], dst)).toEqual([
      '2026-03-28T23:15Z',
      '2026-03-29T02:15Z',
    ]);
    const howe = ['2026-10-03T15:00Z', '2026-10-03T16:00Z'] as const;
    expect(slots('*/30 * * * *', 'Australia/Lord_Howe', howe, dst)).toEqual([
      '2026-10-03T15:00Z',
      '2026-10-03T15:30Z',
      '2026-10-03T16:00Z',
    ]);
    expect(slots('@hourly', 'America/Havana', ['2026-03-08T04:00Z', '2026-03-08T06:00Z'], dst)).toEqual([
      '2026-03-08T04:00Z',
      '2026-03-08T05:00Z',
      '2026-03-08T06:00Z',
    ]);
  });

  it.each(policies)('leaves no hole where the clock goes back, whatever the policy: %j', (dst) => {
    const hours = ['2026-10-25T00:00Z', '2026-10-25T01:00Z', '2026-10-25T02:00Z'];
    expect(slots('@hourly', 'Europe/Berlin', ['2026-10-25T00:00Z', '2026-10-25T02:00Z'], dst)).toEqual(hours);
    expect(slots('*/30 2 * * *', 'Europe/Berlin', ['2026-10-24T12:00Z', '2026-10-25T12:00Z'], dst)).toEqual([
      '2026-10-25T00:00Z',
      '2026-10-25T00:30Z',
      '2026-10-25T01:00Z',
      '2026-10-25T01:30Z',
    ]);
    expect(slots('*/15 * * * *', 'Australia/Lord_Howe', ['2026-04-04T14:30Z', '2026-04-04T15:30Z'], dst)).toEqual([
      '2026-04-04T14:30Z',
      '2026-04-04T14:45Z',
      '2026-04-04T15:00Z',
      '2026-04-04T15:15Z',
      '2026-04-04T15:30Z',
    ]);
  });
});

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
    const start = performance.now();
    for (let i = 0; i < 1_000; i += 1) never.next(new Date(i * 1e9));
    // Without a search; a search takes a millisecond or more.
    expect(performance.now() - start).toBeLessThan(300);
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

  it('knows zones with odd offsets', () => {
    expect(schedule('0 9 * * *', 'Asia/Kathmandu').next(at('2026-05-05T00:00Z'))).toEqual(at('2026-05-05T03:15Z'));
    // Until 1972, Liberia was 44 minutes and 30 seconds behind.
    expect(schedule('0 9 * * *', 'Africa/Monrovia').next(at('1971-05-05T00:00Z'))).toEqual(at('1971-05-05T09:44:30Z'));
    expect(schedule('0 9 * * *', 'Etc/GMT+5').next(at('2026-05-05T00:00Z'))).toEqual(at('2026-05-05T14:00Z'));
    expect(schedule('0 9 * * *', 'America/Argentina/Buenos_Aires').next(at('2026-05-05T00:00Z'))).toEqual(
      at('2026-05-05T12:00Z'),
    );
  });

  it('knows changes that are only a week apart', () => {
    // Boa Vista had summer time from 8 to 15 October 2000.
    expect(slots('0 12 * * *', 'America/Boa_Vista', ['2000-10-07T00:00Z', '2000-10-16T00:00Z'])).toEqual([
      '2000-10-07T16:00Z',
      ...['08', '09', '10', '11', '12', '13', '14'].map((day) => `2000-10-${day}T15:00Z`),
      '2000-10-15T16:00Z',
    ]);
  });

  it.each([
    ['Mars/Olympus', /"Mars\/Olympus" is not a known time zone; give an IANA name such as Europe\/Berlin or UTC\./],
    ['', /"" is not a known time zone/],
    [' Europe/Berlin', /" Europe\/Berlin" is not a known time zone/],
    ['+02:00', /"\+02:00" is an offset, which knows no summer time; give the name of a zone/],
    ['-0500', /is an offset/],
    ['UTC+2', /is an offset/],
    ['europe/berlin', /"europe\/berlin" is not how the time zone is written; write Europe\/Berlin\./],
    ['EUROPE/BERLIN', /write Europe\/Berlin\./],
    ['utc', /write UTC\./],
    ['asia/kolkata', /"asia\/kolkata" is not a known time zone/],
    ['IST', /"IST" is not a known time zone/],
    ['x'.repeat(100_000), /^"x{60}" is not a known time zone/],
  ])('refuses the time zone %j', (timezone, message) => {
    expect(() => schedule('0 9 * * *', timezone)).toThrow(message);
    expect(() => schedule('0 9 * * *', timezone)).toThrow(ScheduleInvalidError);
    expect(() => schedule('0 9 * * *', timezone)).toThrow(expect.objectContaining({ field: 'timezone' }));
  });

  it('takes every zone that Intl lists', () => {
    for (const zone of Intl.supportedValuesOf('timeZone'))
      expect(schedule('0 9 * * *', zone).next(new Date(0))).toBeDefined();
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
        const slots = schedule.upcoming(start, 12);
        let before = start;
        for (const slot of slots) {
          expect(slot.getTime()).toBeGreaterThan(before.getTime());
          expect(schedule.next(new Date(slot.getTime() - 1))).toEqual(slot);
          expect(schedule.last(before, new Date(slot.getTime() - 1))).toBeUndefined();
          expect(schedule.last(start, slot)).toEqual(slot);
          before = slot;
        }
      }),
      { numRuns: 200 },
    );
  });
});
