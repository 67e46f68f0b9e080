import { silentScheduleSince, silentSince } from './silence.js';

const minutes = (count: number) => count * 60_000;
const now = new Date('2026-11-26T12:00:00Z');
const ago = (count: number) => new Date(now.getTime() - minutes(count));

describe('a subscription', () => {
  const heard = (lastEventAt: Date | null) => ({ now, lastEventAt, since: ago(10_000) });

  it('is silent after five times the longest gap it ever had lately', () => {
    const usual = { events: 50, longestGapMs: minutes(60) };
    expect(silentSince(heard(ago(301)), usual)).toEqual(ago(301));
    expect(silentSince(heard(ago(299)), usual)).toBeUndefined();
  });

  it('is not silent within an hour, however often its events came', () => {
    const usual = { events: 50, longestGapMs: 1_000 };
    expect(silentSince(heard(ago(59)), usual)).toBeUndefined();
    expect(silentSince(heard(ago(61)), usual)).toEqual(ago(61));
  });

  it('is not silent while nobody knows how often its events come', () => {
    expect(silentSince(heard(ago(5_000)), { events: 4, longestGapMs: 1_000 })).toBeUndefined();
    expect(silentSince(heard(null), { events: 0, longestGapMs: 0 })).toBeUndefined();
  });
});

describe('a schedule', () => {
  const hourly = (after: Date) => new Date(Math.floor(after.getTime() / minutes(60) + 1) * minutes(60));

  it('is silent when one of its times is past, and nothing came', () => {
    expect(silentScheduleSince({ now, lastEventAt: ago(120), since: ago(500) }, hourly)).toEqual(ago(120));
    expect(silentScheduleSince({ now, lastEventAt: null, since: ago(500) }, hourly)).toEqual(ago(500));
  });

  it('is not silent when its time has just come, or comes no more', () => {
    expect(silentScheduleSince({ now, lastEventAt: ago(60), since: ago(500) }, hourly)).toBeUndefined();
    expect(silentScheduleSince({ now, lastEventAt: ago(120), since: ago(500) }, () => undefined)).toBeUndefined();
  });

  it('is not silent for times before it was published or changed', () => {
    expect(silentScheduleSince({ now, lastEventAt: ago(5_000), since: ago(30) }, hourly)).toBeUndefined();
  });
});
