import { Semaphore } from './semaphore.js';

/** Tasks that end when they are told to. */
function tasks(semaphore: Semaphore, count: number) {
  const begun: number[] = [];
  const end: (() => void)[] = [];
  const all = Array.from({ length: count }, (_, n) =>
    semaphore.use(() => {
      begun.push(n);
      return new Promise<number>((resolve) => (end[n] = () => resolve(n)));
    }),
  );
  return { begun, end, all };
}

describe('a semaphore', () => {
  it('lets so many in at a time, the others in the order they came', async () => {
    const { begun, end, all } = tasks(new Semaphore(2), 4);
    expect(begun).toEqual([0, 1]);
    end[1]!();
    await all[1];
    expect(begun).toEqual([0, 1, 2]);
    end[0]!();
    await all[0];
    expect(begun).toEqual([0, 1, 2, 3]);
    end[2]!();
    end[3]!();
    expect(await Promise.all(all)).toEqual([0, 1, 2, 3]);
  });

  it('gives the place of a task that failed to the next one', async () => {
    const semaphore = new Semaphore(1);
    const failed = semaphore.use(() => Promise.reject(new Error('no')));
    const next = semaphore.use(() => Promise.resolve('next'));
    await expect(failed).rejects.toThrow('no');
    expect(await next).toBe('next');
    expect(await semaphore.use(() => Promise.resolve('later'))).toBe('later');
  });
});
