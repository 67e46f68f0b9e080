import { type Json } from '../../common/json.js';
import { type Scope } from '../nodes/execution.js';
import { type NodeSpec } from '../spec/workflow-spec.js';
import { type Control } from './block-state.js';
import { type Act, type Chain } from './chain.js';
import { whenOf } from './policy.js';
import { recordFailure, recordOutput, recordSkip, startStep } from './record-step.js';
import { type RunContext } from './run-context.js';

/** None of its blocks runs: all routers lead to the end of the node. */
const through = { skipped: true, choice: null, lanes: [] };

/**
 * Opens a control-flow node: `when`, then its decision. A failure here is the node's. One that is over is not entered again: in a
 * fork, what it decided from may have been changed, and then it would go another way before the point of the fork.
 */
export function enter(node: NodeSpec, decide: (scope: Scope) => Partial<Control>): Act {
  const shouldRun = whenOf(node);
  return (chain) => {
    const step = startStep(chain.context.journal, node.id, chain.pathOf(node.id));
    const { startedAt } = step;
    try {
      const isOver = chain.context.journal.recorded(step.path);
      const decision = !isOver && shouldRun(chain.scope) ? decide(chain.scope) : through;
      chain.enter(node.id, { startedAt, ...decision });
    } catch (error) {
      throw recordFailure(chain.context.journal, step, error);
    }
  };
}

/** Closes a control-flow node: its value, and its step. */
export function leave(node: NodeSpec, valueOf: (chain: Chain, control: Control) => Json): Act {
  return (chain) => {
    const { journal } = chain.context;
    const control = chain.controlOf(node.id);
    const path = chain.pathOf(node.id);
    const known = journal.recorded(path);
    if (known) return chain.set(node.id, known.output);
    if (control.skipped) {
      recordSkip(journal, node.id, path);
      return chain.set(node.id, null);
    }
    // While a lane waits there is no value, and the end of the node is not reached.
    const output = valueOf(chain, control);
    journal.reached(node.id);
    recordOutput(journal, startStep(journal, node.id, path, control.startedAt), output, 'none');
    chain.set(node.id, output);
  };
}

/** Evaluates an expression at the end of a nested block; its failure is the control-flow node's, in that round. */
export function evaluateAtEnd<Value>(
  node: NodeSpec,
  frame: string,
  context: RunContext,
  expression: () => Value,
): Value {
  try {
    return expression();
  } catch (error) {
    throw recordFailure(context.journal, startStep(context.journal, node.id, node.id + frame), error);
  }
}
