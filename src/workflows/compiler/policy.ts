import { parseDuration } from '../../common/duration.js';
import { type Json } from '../../common/json.js';
import { parseExpression } from '../expressions/expression.js';
import { type Scope } from '../nodes/execution.js';
import { type NodeSpec, type RetrySpec } from '../spec/workflow-spec.js';
import { type Chain } from './chain.js';
import { type CompiledBlock } from './compiled-block.js';
import { delay } from './delay.js';
import { NodeFailure } from './node-failure.js';
import { recordOutput } from './record-step.js';

/** Something that gives a node's value, or throws a NodeFailure. */
export type Attempt = (chain: Chain) => Promise<Json>;

/** Longer than this nobody is left alone because they ask for it. */
const LONGEST_ASKED_MS = 3_600_000;

/** Whether the node runs at all; a `when` that is false leaves null as its value, and a step that says SKIPPED. */
export function whenOf(node: NodeSpec): (scope: Scope) => boolean {
  if (node.when === undefined) return () => true;
  const condition = parseExpression(node.when);
  return (scope) => condition.evaluate(scope) === true;
}

/** Repeats a failed attempt as `retry` says, if what failed may succeed another time. */
export function withRetry(node: NodeSpec, attempt: Attempt): Attempt {
  const { retry } = node;
  if (!retry || retry.max_attempts <= 1) return attempt;
  return async (chain) => {
    const { journal } = chain.context;
    const path = chain.pathOf(node.id);
    // A node that had failed as often as it may was about to fail for good, or begins anew inside an outer retry.
    let failures = journal.takeEarlierFailures(path) % retry.max_attempts;
    let asked = 0;
    for (;;) {
      if (failures > 0 && !journal.recorded(path)) {
        const at = `${path}.retry${journal.nextAttempt(path)}`;
        const pause = Math.max(pauseBefore(retry, failures), asked);
        await delay(chain.context, at, pause, { type: 'retry', node_id: node.id });
      }
      try {
        return await attempt(chain);
      } catch (error) {
        if (!failedHere(error, chain) || !error.retryable || ++failures >= retry.max_attempts) throw error;
        // Whoever says when to come back is not asked before, whatever the node's own intervals are.
        asked = Math.min((error.retryAfter ?? 0) * 1_000, LONGEST_ASKED_MS);
      }
    }
  };
}

/**
 * What becomes of a failure: `continue` leaves `{ error }` as the value, a block runs instead. That the failure was
 * caught is a record of its own, so a replay takes the same way without trying again.
 */
export function withOnError(node: NodeSpec, attempt: Attempt, handler: CompiledBlock | undefined): Attempt {
  if (node.on_error === undefined || node.on_error === 'fail') return attempt;
  return async (chain) => {
    const { journal } = chain.context;
    const path = `${chain.pathOf(node.id)}.on_error`;
    let error = journal.recorded(path)?.output;
    if (error === undefined) {
      const startedAt = Date.now();
      try {
        return await attempt(chain);
      } catch (failure) {
        if (!failedHere(failure, chain)) throw failure;
        error = failure.toJson();
        recordOutput(journal, { nodeId: node.id, path, attempt: 1, startedAt }, error, 'none');
      }
    }
    if (!handler) return { error };
    const { value } = await handler.run({ ...chain.scope, error }, chain.frame, chain.context);
    return value;
  };
}

/** Whether the failure is one to deal with here: when a sibling failed, that is only why this lane was stopped. */
function failedHere(error: unknown, chain: Chain): error is NodeFailure {
  return error instanceof NodeFailure && !chain.context.signal.aborted;
}

/** Exponential backoff with full jitter on the upper half: spread out, but never at once. */
export function pauseBefore(retry: RetrySpec, failures: number): number {
  const first = parseDuration(retry.initial_interval ?? '1s') ?? 0;
  const most = parseDuration(retry.max_interval ?? '1m') ?? 0;
  const pause = Math.min(most, first * (retry.backoff ?? 2) ** (failures - 1));
  return pause * (0.5 + Math.random() / 2);
}
