import { byLength, LruCache } from './lru-cache.js';

it('forgets what was used longest ago, by the length of the keys', () => {
  const cache = new LruCache<string, number>(6, byLength);
  cache.set('a', 1);
  cache.set('b', 2);
  cache.set('c', 3);
  expect(cache.get('a')).toBe(1);
  cache.set('d', 4);
  expect([cache.get('a'), cache.get('b'), cache.get('c'), cache.get('d')]).toEqual([1, undefined, 3, 4]);
});

it('does not keep what is heavier than all it may hold', () => {
  const cache = new LruCache<string, number>(3, byLength);
  cache.set('long key', 1);
  cache.set('a', 2);
  expect([cache.get('long key'), cache.get('a')]).toEqual([undefined, 2]);
});

it('does not keep what could not be made', () => {
  const cache = new LruCache<string, number>(10, byLength);
  const broken = (): number => {
    throw new Error('broken');
  };
  expect(() => cache.getOrMake('a', broken)).toThrow('broken');
  expect(cache.getOrMake('a', () => 1)).toBe(1);
});

it('counts entries when nothing is said of their weight, and forgets one that is deleted', () => {
  const cache = new LruCache<string, number>(2);
  cache.set('a', 1);
  cache.set('a', 2);
  cache.set('b', 3);
  cache.delete('a');
  cache.set('a long key', 4);
  expect([cache.get('a'), cache.get('b'), cache.get('a long key')]).toEqual([undefined, 3, 4]);
});
