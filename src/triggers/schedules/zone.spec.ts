import { ScheduleInvalidError } from './schedule.errors.js';
import { parseSchedule } from './schedule.js';
import { slots, usual } from './slots.spec-helper.js';

describe('a time zone', () => {
  const at = (text: string) => new Date(text);
  const schedule = (cron: string, timezone: string) => parseSchedule({ cron, timezone, dst: usual });

  it('may have an odd offset', () => {
    expect(schedule('0 9 * * *', 'Asia/Kathmandu').next(at('2026-05-05T00:00Z'))).toEqual(at('2026-05-05T03:15Z'));
    // Until 1972, Liberia was 44 minutes and 30 seconds behind.
    expect(schedule('0 9 * * *', 'Africa/Monrovia').next(at('1971-05-05T00:00Z'))).toEqual(at('1971-05-05T09:44:30Z'));
    expect(schedule('0 9 * * *', 'Etc/GMT+5').next(at('2026-05-05T00:00Z'))).toEqual(at('2026-05-05T14:00Z'));
    expect(schedule('0 9 * * *', 'America/Argentina/Buenos_Aires').next(at('2026-05-05T00:00Z'))).toEqual(
      at('2026-05-05T12:00Z'),
    );
  });

  it('may change its clocks twice in a week', () => {
    // Boa Vista had summer time from 8 to 15 October 2000.
    expect(slots('0 12 * * *', 'America/Boa_Vista', ['2000-10-07T00:00Z', '2000-10-16T00:00Z'])).toEqual([
      '2000-10-07T16:00Z',
      ...['08', '09', '10', '11', '12', '13', '14'].map((day) => `2000-10-${day}T15:00Z`),
      '2000-10-15T16:00Z',
    ]);
  });

  it.each([
    [
      'Mars/Olympus',
      /"Mars\/Olympus" is not a known time zone; give an IANA name of area and city, such as Europe\/Berlin, or UTC\./,
    ],
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
  ])('is not %j', (timezone, message) => {
    expect(() => schedule('0 9 * * *', timezone)).toThrow(message);
    expect(() => schedule('0 9 * * *', timezone)).toThrow(ScheduleInvalidError);
    expect(() => schedule('0 9 * * *', timezone)).toThrow(expect.objectContaining({ field: 'timezone' }));
  });

  it('is every one that Intl lists', () => {
    for (const zone of Intl.supportedValuesOf('timeZone'))
      expect(schedule('0 9 * * *', zone).next(new Date(0))).toBeDefined();
  });

  it('remembers what the clock showed before, wherever it looks it up', () => {
    // One of its blocks begins at 01:46:40.
    const repeated = ['2032-10-31T00:00Z', '2032-10-31T12:00Z'] as const;
    expect(slots('30,50 2 * * *', 'Europe/Berlin', repeated)).toEqual(['2032-10-31T00:30Z', '2032-10-31T00:50Z']);
    expect(slots('30,50 2 * * *', 'Europe/Berlin', repeated, { missing: 'next', repeated: 'both' })).toEqual([
      '2032-10-31T00:30Z',
      '2032-10-31T00:50Z',
      '2032-10-31T01:30Z',
      '2032-10-31T01:50Z',
    ]);
  });
});
