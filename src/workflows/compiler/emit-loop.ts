import { type Loop } from '../nodes/control-flow.js';
import { type NodeSpec } from '../spec/workflow-spec.js';
import { type BlockStateValue, type Control } from './block-state.js';
import { everyNode } from '../preflight/every-node.js';
import { type CompiledBlock } from './compiled-block.js';
import { enter, evaluateAtEnd, leave } from './control-acts.js';
import { entryName, type Sequence } from './emission.js';
import { delay } from './delay.js';
import { type Journal, type RunContext, runContextOf } from './run-context.js';
import { takeTurns } from './take-turns.js';

/** `repeat`: a node that runs one round, and an edge back to it. */
export function emitLoop(sequence: Sequence, node: NodeSpec, flow: Loop): void {
  const { draft, emission } = sequence;
  const body = emission.emitBlock(flow.body);
  const inner = [...everyNode({ nodes: flow.body as never }, emission.nodeTypes)].map(
    (found) => found.node.id as string,
  );
  const round = `${node.id}.round`;
  const end = `${node.id}.end`;
  const begin = enter(node, () => ({ round: 0, value: null, done: false }));
  sequence.act(entryName(node), begin);
  const entered = sequence.split();
  draft.route(entered, ({ $control }) => ($control[node.id]!.skipped ? end : round), [round, end]);
  draft.node(round, async (state, config) => {
    const control = await oneRound(node, flow, { body, inner }, state, runContextOf(config));
    return { $control: { [node.id]: control } };
  });
  draft.supersteps += flow.maxIterations;
  draft.route(round, ({ $control }) => ($control[node.id]!.done ? end : round), [round, end]);
  const finish = leave(node, (_chain, { value = null }) => value);
  sequence.act(end, finish);
}

async function oneRound(
  node: NodeSpec,
  flow: Loop,
  { body, inner }: { body: CompiledBlock; inner: readonly string[] },
  { $values, $frame, $control }: BlockStateValue,
  context: RunContext,
): Promise<Control> {
  const control = $control[node.id]!;
  const round = control.round ?? 0;
  const frame = `${$frame}[${round}]`;
  if (round > 0 && flow.delay > 0 && !hasBegun(context.journal, inner, frame)) {
    await delay(context, `${node.id}.delay${frame}`, flow.delay, { type: 'timer', node_id: node.id });
  }
  await takeTurns();
  const { value, scope } = await body.run($values, frame, context);
  const done = evaluateAtEnd(node, frame, context, () => flow.until(scope)) || round + 1 >= flow.maxIterations;
  return { ...control, round: round + 1, value, done };
}

/** Whether an earlier execution was in this round already: then the delay before it is over. */
function hasBegun(journal: Journal, inner: readonly string[], frame: string): boolean {
  return inner.some((id) => journal.nextAttempt(id + frame) > 1 || journal.pauseAt(id + frame) !== undefined);
}
