import { pauseBefore } from './policy.js';

describe('the pause before another attempt', () => {
  it.each([
    [{}, 1, 1_000],
    [{}, 2, 2_000],
    [{}, 20, 60_000],
    [{ initial_interval: '100ms', backoff: 3 }, 3, 900],
    [{ initial_interval: '100ms', backoff: 1 }, 9, 100],
    [{ initial_interval: '5s', max_interval: '2s' }, 1, 2_000],
  ])('%j after %i failures is at most %i ms, and at least half of it', (retry, failures, most) => {
    const pauses = Array.from({ length: 200 }, () => pauseBefore({ max_attempts: 20, ...retry }, failures));
    expect(Math.max(...pauses)).toBeLessThanOrEqual(most);
    expect(Math.min(...pauses)).toBeGreaterThanOrEqual(most / 2);
    expect(new Set(pauses).size).toBeGreaterThan(100);
  });
});
