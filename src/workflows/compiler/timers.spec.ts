import { abortAfter, pause, timerDelay } from './timers.js';

describe('timers', () => {
  it('wait as long as they can when more is asked for: Node would not wait at all', () => {
    expect(timerDelay(20)).toBe(20);
    expect(timerDelay(30 * 86_400_000)).toBe(2 ** 31 - 1);
    expect(abortAfter(1e15).aborted).toBe(false);
  });

  it('end a pause with the reason of the signal', async () => {
    const stop = new AbortController();
    const pausing = pause(60_000, stop.signal);
    stop.abort(new Error('enough'));
    await expect(pausing).rejects.toThrow('enough');
    await expect(pause(60_000, stop.signal)).rejects.toThrow('enough');
    await expect(pause(1, new AbortController().signal)).resolves.toBeUndefined();
  });
});
