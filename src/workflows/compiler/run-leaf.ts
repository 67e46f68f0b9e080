import { asOwnDatabaseUnavailable } from '../../common/database/database.errors.js';
import { type Json } from '../../common/json.js';
import { inSpan } from '../../common/tracing/tracing.js';
import { type Effect } from '../../integrations/index.js';
import { type Leaf } from '../nodes/define-node.js';
import { type Execution } from '../nodes/execution.js';
import { RunPaused, RunStopped } from '../nodes/node-error.js';
import { type Pause } from '../nodes/pause.js';
import { type Chain } from './chain.js';
import { nodeTimeout } from './node-failure.js';
import { failureOfNode, nodeSpan } from './node-span.js';
import { pauseAt } from './run-context.js';
import { openReconnect, waitForReconnect } from './reconnect.js';
import { recordFailure, recordOutput, type StepStart, startStep } from './record-step.js';
import { abortAfter } from './timers.js';

/** A leaf as the compiler knows it. */
export interface CompiledLeaf {
  readonly id: string;
  readonly type: string;
  readonly run: Leaf;
  readonly effect: Effect;
  /** It ends the run: also when it is replayed. */
  readonly endsRun: boolean;
  /** Longest time of one attempt in milliseconds. */
  readonly timeout: number | undefined;
}

/**
 * One attempt at a leaf. What is recorded is not run again: its recorded value is the answer (memoised replay). Before
 * an effect everything so far is made durable, and after it the step itself, so that a crash repeats at most the node
 * that was in flight.
 * @throws NodeFailure after a failed attempt, which is recorded as well.
 */
export async function runLeaf(leaf: CompiledLeaf, chain: Chain): Promise<Json> {
  const { journal, signal } = chain.context;
  const path = chain.pathOf(leaf.id);
  const known = journal.recorded(path);
  if (known && leaf.endsRun) throw new RunStopped(known.output);
  if (known) return known.output;
  journal.reached(leaf.id);
  const reconnect = leaf.effect === 'none' ? undefined : openReconnect(chain.context, path);
  if (leaf.effect !== 'none') await journal.settled();
  signal.throwIfAborted();
  const step = startStep(journal, leaf.id, path);
  let output: Json;
  try {
    output = await inSpan(
      () => nodeSpan(leaf.type, step),
      () => attempt(leaf, chain, step),
      failureOfNode,
    );
  } catch (error) {
    if (error instanceof RunPaused) throw error;
    if (reconnect !== undefined) waitForReconnect(journal, reconnect, leaf.id, error);
    if (error instanceof RunStopped) {
      recordOutput(journal, step, error.output, leaf.effect);
      throw error;
    }
    // The run is over already (cancelled, timed out, failed elsewhere): this attempt is not to blame.
    signal.throwIfAborted();
    // Seer's database is away: that says nothing about the node, and the run is still to be executed.
    throw asOwnDatabaseUnavailable(error) ?? recordFailure(journal, step, error);
  }
  recordOutput(journal, step, output, leaf.effect);
  return output;
}

function attempt(leaf: CompiledLeaf, chain: Chain, step: StepStart): Json | Promise<Json> {
  const { signal } = chain.context;
  if (leaf.effect === 'none') return leaf.run(executionOf(leaf, chain, step, signal));
  const late = leaf.timeout === undefined ? undefined : abortAfter(leaf.timeout);
  const either = late ? AbortSignal.any([signal, late]) : signal;
  return abortable(leaf.run(executionOf(leaf, chain, step, either)), either, () =>
    late?.aborted && !signal.aborted ? nodeTimeout(leaf.id, leaf.timeout!) : signal.reason,
  );
}

/** What the leaf, or a part of it, is given. */
function executionOf(leaf: CompiledLeaf, chain: Chain, step: StepStart, signal: AbortSignal): Execution {
  const { callTool, callWorkflow, askModel, listFunctions, journal } = chain.context;
  const { path, attempt } = step;
  return {
    nodeId: leaf.id,
    scope: chain.scope,
    path,
    attempt,
    signal,
    callTool,
    callWorkflow,
    askModel,
    listFunctions,
    part: (name, work) => runPart(leaf, chain, `${path}.${name}`, signal, work),
    pause: (begin) => pauseAt(journal, path, () => ({ ...begin(), node_id: leaf.id }) as Pause),
    showInputs: (inputs) => (step.inputs = inputs),
    showUsage: (usage) => (step.usage = usage),
  };
}

/** A part of a leaf is a step of its own: durable before the next one begins, like the leaf itself. */
async function runPart(
  leaf: CompiledLeaf,
  chain: Chain,
  path: string,
  signal: AbortSignal,
  work: (execution: Execution) => Promise<Json>,
): Promise<Json> {
  const { journal } = chain.context;
  const known = journal.recorded(path);
  if (known) return known.output;
  await journal.settled();
  signal.throwIfAborted();
  const step = startStep(journal, leaf.id, path);
  let output: Json;
  try {
    output = await work(executionOf(leaf, chain, step, signal));
  } catch (error) {
    signal.throwIfAborted();
    throw asOwnDatabaseUnavailable(error) ?? recordFailure(journal, step, error);
  }
  recordOutput(journal, step, output, 'write');
  return output;
}

/** Rejects as soon as the signal aborts, also when the work itself pays no heed to it. */
async function abortable(work: Json | Promise<Json>, signal: AbortSignal, reason: () => unknown): Promise<Json> {
  if (!(work instanceof Promise)) return work;
  return new Promise<Json>((resolve, reject) => {
    const abort = (): void => reject(reason() as Error);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    work
      .then(resolve, (error: unknown) => reject(signal.aborted ? (reason() as Error) : (error as Error)))
      .finally(() => signal.removeEventListener('abort', abort));
  });
}
