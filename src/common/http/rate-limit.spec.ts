import { clientOf, WindowCounts } from './rate-limit.js';

describe('WindowCounts', () => {
  it('counts each client by itself and forgets at the end of the window', () => {
    let now = 1_000;
    const counts = new WindowCounts(() => now);
    expect(counts.hit('a')).toEqual({ hits: 1, resetSeconds: 60 });
    now += 20_000;
    expect(counts.hit('a')).toEqual({ hits: 2, resetSeconds: 40 });
    expect(counts.hit('b')).toEqual({ hits: 1, resetSeconds: 40 });
    now += 40_000;
    expect(counts.hit('a')).toEqual({ hits: 1, resetSeconds: 60 });
  });
});

describe('clientOf', () => {
  it.each([
    ['192.0.2.7', '192.0.2.7'],
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['2001:db8:1:2::7', '8193:3512:1:2'],
    ['2001:db8:1:2:ffff::1', '8193:3512:1:2'],
    ['', ''],
  ])('%s counts as %s', (address, client) => {
    expect(clientOf(address)).toBe(client);
  });
});
