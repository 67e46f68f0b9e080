import { jest } from '@jest/globals';
import { ExpiringCache } from './expiring-cache.js';

const ttlMs = 5_000;

describe('ExpiringCache', () => {
  it('looks up once, until the entry is too old', async () => {
    let now = 0;
    const cache = new ExpiringCache<string>({ capacity: 10, ttlMs, now: () => now });
    const load = jest.fn(async () => 'value');

    await cache.getOrLoad('key', load);
    now = ttlMs - 1;
    expect(await cache.getOrLoad('key', load)).toBe('value');
    expect(load).toHaveBeenCalledTimes(1);

    now = ttlMs;
    await cache.getOrLoad('key', load);
    expect(load).toHaveBeenCalledTimes(2);
  });

  it('does not remember that nothing was found', async () => {
    const cache = new ExpiringCache<string>({ capacity: 10, ttlMs });
    expect(await cache.getOrLoad('key', async () => undefined)).toBeUndefined();
    expect(await cache.getOrLoad('key', async () => 'made since')).toBe('made since');
  });

  it('keeps at most its capacity', async () => {
    const cache = new ExpiringCache<string>({ capacity: 2, ttlMs });
    for (const key of ['a', 'b', 'c']) await cache.getOrLoad(key, async () => key);
    const load = jest.fn(async () => 'again');

    expect(await cache.getOrLoad('c', load)).toBe('c');
    expect(await cache.getOrLoad('a', load)).toBe('again');
  });

  it.each([
    ['delete', (cache: ExpiringCache<string>) => cache.delete('key')],
    ['clear', (cache: ExpiringCache<string>) => cache.clear()],
  ])('%s forgets an entry, and one whose look-up is on the way', async (_name, forget) => {
    const cache = new ExpiringCache<string>({ capacity: 10, ttlMs });
    await cache.getOrLoad('key', async () => 'old');
    forget(cache);

    const { promise, resolve } = Promise.withResolvers<string>();
    const slowReader = cache.getOrLoad('key', () => promise);
    forget(cache);
    resolve('outdated');
    await slowReader;

    expect(await cache.getOrLoad('key', async () => 'new')).toBe('new');
  });
});
