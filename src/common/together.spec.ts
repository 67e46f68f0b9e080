import { Together } from './together.js';

describe('what is done together', () => {
  it('gathers while one batch is under way, and gives each its own result', async () => {
    const batches: number[][] = [];
    const together = new Together<number, number>(async (items) => {
      batches.push([...items]);
      return Promise.resolve(items.map((item) => item * 2));
    }, 3);
    const results = await Promise.all([1, 2, 3, 4, 5].map((item) => together.add(item)));
    expect(results).toEqual([2, 4, 6, 8, 10]);
    expect(batches).toEqual([
      [1, 2, 3],
      [4, 5],
    ]);
    expect(await together.add(6)).toBe(12);
  });

  it('tries each alone when one of them is refused', async () => {
    const together = new Together<number, number>(
      async (items) => (items.includes(2) ? Promise.reject(new Error('not 2')) : Promise.resolve([...items])),
      10,
    );
    const results = await Promise.allSettled([1, 2, 3].map((item) => together.add(item)));
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(await together.add(4)).toBe(4);
  });
});
