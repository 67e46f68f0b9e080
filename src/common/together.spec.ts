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

  it('tells all of a batch what went wrong, and goes on', async () => {
    let broken = true;
    const together = new Together<number, number>(
      async (items) => (broken ? Promise.reject(new Error('away')) : Promise.resolve([...items])),
      10,
    );
    const failed = await Promise.allSettled([together.add(1), together.add(2)]);
    expect(failed.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    broken = false;
    expect(await together.add(3)).toBe(3);
  });
});
