import { type Json } from '../../common/json.js';

/** Codes of `ToolError` that have no other source; each has a page under `/problems`. */
export type ToolErrorCode =
  /** The other side is at fault. */
  | 'upstream-error'
  /** The other side says no. */
  | 'upstream-refused'
  | 'input-invalid'
  /** A secret was about to be sent to where it does not belong. */
  | 'secret-bound';

/** A tool failed in a way it understands. */
export class ToolError extends Error {
  override readonly name = 'ToolError';

  constructor(
    /** Stable; that of an error of egress or of a credential where one of these is the reason. */
    readonly code: ToolErrorCode | (string & {}),
    message: string,
    /** Whether trying again may help. */
    readonly retryable: boolean,
    /** What the other side answered, shortened. */
    readonly problem?: Json,
    /** Seconds after which the other side wants to be asked again, at the earliest. */
    readonly retryAfter?: number,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
