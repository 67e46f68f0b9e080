import { parseSchedule } from './schedule.js';
import { type Dst, slots, usual } from './slots.spec-helper.js';

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

describe('an interval', () => {
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
