import { setImmediate as nextTurn } from 'node:timers/promises';

/** Milliseconds that runs may compute before others (requests, timers, other runs) have their turn. */
const LONGEST_TURN = 10;

let turnBegan = 0;

/**
 * Called between the rounds of a loop. Pure nodes never wait for anything, so that thousands of rounds would hold the
 * whole process up; not even the timeout of the run could end them.
 */
export async function takeTurns(): Promise<void> {
  if (performance.now() - turnBegan < LONGEST_TURN) return;
  await nextTurn();
  turnBegan = performance.now();
}
