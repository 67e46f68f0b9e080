import { type Json } from '../../common/json.js';

/** A node failed; the message is for people, the code for programs (src/workflows/runs/run-errors.ts lists them). */
export class NodeError extends Error {
  override readonly name = 'NodeError';

  constructor(
    readonly code: string,
    message: string,
    /** Whether the node's retry policy applies: a wrong expression stays wrong. */
    readonly retryable = false,
    /** What the other side answered, where there was one. */
    readonly problem?: Json,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** Thrown by `stop`: the run ends COMPLETED with this output. Not an error, so no `on_error` catches it. */
export class RunStopped {
  constructor(readonly output: Json) {}
}

/**
 * Thrown where a run has to wait: this lane goes no further now. Others go on; when none can, the run becomes WAITING and
 * holds no worker. Not an error either.
 */
export class RunPaused {}
