import { RunNews } from './run-news.js';

describe('the end of a run', () => {
  it('is told to all who wait for it, and to nobody else', async () => {
    const ends = new RunNews();
    const told: string[] = [];
    const waiting = ['one', 'one', 'other'].map((run) => ends.next(run, 50).then(() => told.push(run)));
    ends.announce('one');
    await Promise.all(waiting.slice(0, 2));
    expect(told).toEqual(['one', 'one']);
    await waiting[2];
  });

  it('is waited for no longer than asked, and once only', async () => {
    const ends = new RunNews();
    await ends.next('never', 1);
    ends.announce('never');
    ends.announce('unknown');
    const startedAt = Date.now();
    await ends.next('never', 20);
    expect(Date.now() - startedAt).toBeGreaterThanOrEqual(15);
  });
});
