/**
 * This process must not go on with a run: another has it now. It stops silently; whatever it has not committed is void.
 */
export class RunLostError extends Error {
  override readonly name: string = 'RunLostError';
}

/** The run was cancelled. What was under way may still be recorded. */
export class RunCancelledError extends RunLostError {
  override readonly name = 'RunCancelledError';
}

/** The process stops: the run goes back into the queue, where another finds it. */
export class RunHandedBackError extends RunLostError {
  override readonly name = 'RunHandedBackError';
}
