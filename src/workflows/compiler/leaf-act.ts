import { parseDuration } from '../../common/duration.js';
import { type Json } from '../../common/json.js';
import { type Effect } from '../../integrations/index.js';
import { type LeafNodeType } from '../nodes/define-node.js';
import { type Block, type NodeSpec } from '../spec/workflow-spec.js';
import { type Act, type Chain } from './chain.js';
import { type CompiledBlock } from './compiled-block.js';
import { type Emission } from './emission.js';
import { NodeFailure, nodeTimeout } from './node-failure.js';
import { type Attempt, whenOf, withOnError, withRetry } from './policy.js';
import { recordFailure, recordSkip, startStep } from './record-step.js';
import { runLeaf } from './run-leaf.js';
import { abortAfter } from './timers.js';

/** What a leaf does to the world; control flow does nothing itself. */
export function leafEffect(node: NodeSpec, emission: Emission): Effect {
  const type = emission.nodeTypes.get(node.type) as LeafNodeType;
  return type.effect?.(node, emission.tools) ?? 'none';
}

/** A leaf as an act: `when`, then its attempts, then what `on_error` says. */
export function leafAct(node: NodeSpec, emission: Emission): Act {
  const type = emission.nodeTypes.get(node.type) as LeafNodeType;
  const leaf = {
    id: node.id,
    type: node.type,
    run: type.prepare(node, emission.tools),
    effect: leafEffect(node, emission),
    endsRun: type.endsRun ?? false,
    timeout: node.timeout === undefined ? undefined : parseDuration(node.timeout),
  };
  return act(node, (chain) => runLeaf(leaf, chain), emission);
}

/** A control-flow node with a policy (`retry`, `timeout`, `on_error`) as one act, with a graph of its own inside. */
export function policyAct(node: NodeSpec, emission: Emission): Act {
  const { when: _when, retry: _retry, timeout, on_error: _onError, ...bare } = node;
  const inner = emission.emitBlock([bare]);
  const limit = timeout === undefined ? undefined : parseDuration(timeout);
  return act(node, (chain) => runBlock(node, inner, chain, limit), emission);
}

function act(node: NodeSpec, attempt: Attempt, emission: Emission): Act {
  const shouldRun = whenOf(node);
  const persistent = withRetry(node, attempt);
  const runOrSkip: Attempt = async (chain) => {
    const { journal } = chain.context;
    const path = chain.pathOf(node.id);
    const known = journal.recorded(path);
    // What is recorded is not decided again: in a fork, what `when` looks at may have been changed since.
    if (known?.status === 'SKIPPED') return null;
    try {
      if (known || shouldRun(chain.scope)) return persistent(chain);
    } catch (error) {
      throw recordFailure(journal, startStep(journal, node.id, path), error);
    }
    recordSkip(journal, node.id, path);
    return null;
  };
  const handler = Array.isArray(node.on_error) ? emission.emitBlock(node.on_error as Block) : undefined;
  const run = withOnError(node, runOrSkip, handler);
  return async (chain) => chain.set(node.id, await run(chain));
}

async function runBlock(node: NodeSpec, inner: CompiledBlock, chain: Chain, limit: number | undefined): Promise<Json> {
  const { context, scope, frame } = chain;
  const step = startStep(context.journal, node.id, chain.pathOf(node.id));
  const late = limit === undefined ? undefined : abortAfter(limit);
  const signal = late ? AbortSignal.any([context.signal, late]) : context.signal;
  try {
    return (await inner.run(scope, frame, { ...context, signal })).value;
  } catch (error) {
    if (context.signal.aborted) throw error;
    if (late?.aborted) throw recordFailure(context.journal, step, nodeTimeout(node.id, limit!));
    // Its own attempts are counted by its own steps.
    if (node.retry && error instanceof NodeFailure) recordFailure(context.journal, step, error);
    throw error;
  }
}
