import { type Json } from '../../common/json.js';
import { NodeError } from '../nodes/node-error.js';

/** Of what is told of a failure. */
const MOST_CHARACTERS = 10_000;

/** Which node failed and how; `error_detail` of a run and `error` of a step. */
export interface ErrorDetail {
  code: string;
  node_id: string;
  path: string;
  attempt: number;
  /** What the other side answered, where there was one. */
  problem?: Json;
}

/** A node failed for good; without an `on_error` around it, the run fails with it. */
export class NodeFailure extends Error {
  override readonly name = 'NodeFailure';

  constructor(
    readonly detail: ErrorDetail,
    message: string,
    readonly retryable: boolean,
    /** Seconds after which the other side wants to be asked again, at the earliest. */
    readonly retryAfter?: number,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }

  /** What an `on_error` block sees as `error`, and what `continue` leaves as the value. */
  toJson(): { [key: string]: Json } {
    return { ...this.detail, message: this.message } as { [key: string]: Json };
  }
}

/** An attempt took longer than the node allows; another one may be quicker. */
export function nodeTimeout(nodeId: string, limit: number): NodeError {
  return new NodeError('node-timeout', `${nodeId} took longer than its timeout of ${limit} ms.`, true);
}

/** Whatever a node threw, as a failure of that node. Errors without a code are ours: their text stays in the log. */
export function nodeFailure(error: unknown, at: { nodeId: string; path: string; attempt: number }): NodeFailure {
  if (error instanceof NodeFailure) return error;
  const { code, message, retryable, problem, retryAfter } = describe(error);
  const detail: ErrorDetail = { code, node_id: at.nodeId, path: at.path, attempt: at.attempt };
  if (problem !== undefined) detail.problem = bounded(problem);
  return new NodeFailure(detail, bounded(message), retryable, retryAfter, { cause: error });
}

/** It is kept with every attempt, and values of the run may be in it. */
function bounded<Value extends Json>(said: Value): Value | string {
  const text = typeof said === 'string' ? said : JSON.stringify(said);
  return text.length <= MOST_CHARACTERS ? said : `${text.slice(0, MOST_CHARACTERS)}…`;
}

/** What is known of an error. */
interface Description {
  code: string;
  message: string;
  retryable: boolean;
  problem?: Json;
  retryAfter?: number;
}

function describe(error: unknown): Description {
  if (error instanceof NodeError) return error;
  if (error instanceof Error && 'code' in error && 'retryable' in error) {
    const { code, message, retryable, problem, retryAfter } = error as Error & Description;
    return { code, message, retryable, problem, retryAfter };
  }
  if (error instanceof Error && 'code' in error && 'expression' in error) {
    return { code: String(error.code), message: error.message, retryable: false };
  }
  return {
    code: 'internal-error',
    message: 'The node failed for a reason inside Seer; the log has it.',
    retryable: false,
  };
}
