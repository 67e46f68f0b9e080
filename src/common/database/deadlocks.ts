const MOST_TRIES = 5;

/** Whether the database has ended this work because it and another one waited for each other, or saw each other's changes. */
export function isDeadlock(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === '40P01' || error.code === '40001');
}

/**
 * Does the work again when the database has ended it because of a deadlock: nothing of it was done, and the other one is
 * through by then.
 * @param work a statement, or a whole transaction
 */
export async function retryDeadlocks<Result>(work: () => Promise<Result>): Promise<Result> {
  for (let tries = 1; ; tries++) {
    try {
      return await work();
    } catch (error) {
      if (!isDeadlock(error) || tries === MOST_TRIES) throw error;
    }
  }
}
