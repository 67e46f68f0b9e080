import { setTimeout as sleep } from 'node:timers/promises';

/** Node's timers fire at once when asked for more (about 25 days); a run does not live that long in one process. */
const LONGEST = 2 ** 31 - 1;

/** Milliseconds that a timer can really wait. */
export function timerDelay(milliseconds: number): number {
  return Math.min(milliseconds, LONGEST);
}

/** A signal that aborts after so many milliseconds. */
export function abortAfter(milliseconds: number): AbortSignal {
  return AbortSignal.timeout(timerDelay(milliseconds));
}

/** Resolves after so many milliseconds. @throws the signal's reason as soon as it aborts */
export async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  try {
    await sleep(timerDelay(milliseconds), undefined, { signal });
  } catch (error) {
    // The timer's own error says only "aborted".
    throw signal.aborted ? signal.reason : error;
  }
}
