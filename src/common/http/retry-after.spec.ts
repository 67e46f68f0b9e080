import { secondsOfRetryAfter } from './retry-after.js';

const inSeconds = (seconds: number) => new Date(Date.now() + seconds * 1_000).toUTCString();

describe('Retry-After', () => {
  it('is in seconds', () => {
    expect(['0', '17', '999999999999'].map(secondsOfRetryAfter)).toEqual([0, 17, 999_999_999_999]);
  });

  it('is a date', () => {
    expect([88, 89, 90, 91]).toContain(secondsOfRetryAfter(inSeconds(90)));
    expect(secondsOfRetryAfter(inSeconds(-90))).toBe(0);
  });

  it.each([undefined, null, '', 'soon', '9'.repeat(400)])('says nothing: %s', (text) => {
    expect(secondsOfRetryAfter(text)).toBeUndefined();
  });
});
