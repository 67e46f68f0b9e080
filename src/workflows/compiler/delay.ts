import { type Pause } from '../nodes/pause.js';
import { pauseAt, type RunContext } from './run-context.js';
import { pause } from './timers.js';

/** Up to this long a delay is waited out by the process that executes the run, in milliseconds. */
const LONGEST_HELD = 10_000;

/**
 * Waits between two attempts or rounds: a short while in this process, longer as a pause that holds no worker.
 * @throws RunPaused while a long one is not over, or the reason of the run's signal
 */
export async function delay(
  { journal, signal }: RunContext,
  path: string,
  milliseconds: number,
  of: Pick<Pause, 'type' | 'node_id'>,
): Promise<void> {
  if (milliseconds > LONGEST_HELD || journal.pauseAt(path)) {
    pauseAt(journal, path, () => ({ ...of, until: new Date(Date.now() + milliseconds).toISOString() }));
    return;
  }
  // What failed or ended before can be seen, and counts, while we wait.
  await journal.settled();
  await pause(milliseconds, signal);
}
