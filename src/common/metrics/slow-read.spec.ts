import { setTimeout as delay } from 'node:timers/promises';
import { slowRead } from './slow-read.js';

describe('a slow read', () => {
  it('looks once in a while, however many ask', async () => {
    let looks = 0;
    const read = slowRead(async () => ++looks, { freshMs: 50 });
    expect(await Promise.all([read(), read(), read()])).toEqual([1, 1, 1]);
    expect(await read()).toBe(1);
    await delay(60);
    expect(await read()).toBe(2);
  });

  it('knows nothing when that takes too long, and does not look again meanwhile', async () => {
    const looked = Promise.withResolvers<number>();
    let looks = 0;
    const read = slowRead(() => (looks++, looked.promise), { patienceMs: 20 });
    expect(await read()).toBeUndefined();
    expect(await read()).toBeUndefined();
    expect(looks).toBe(1);
    looked.resolve(7);
    expect(await read()).toBe(7);
  });

  it('knows nothing when it fails', async () => {
    expect(await slowRead(() => Promise.reject(new Error('away')))()).toBeUndefined();
  });
});
