import { type Loop } from '../nodes/control-flow.js';
import { type NodeSpec } from '../spec/workflow-spec.js';
import { type BlockStateValue, type Control } from './block-state.js';
import { type CompiledBlock } from './compiled-block.js';
import { enter, evaluateAtEnd, leave } from './control-acts.js';
import { entryName, type Sequence } from './emission.js';
import { type RunContext, runContextOf } from './run-context.js';
import { takeTurns } from './take-turns.js';
import { pause } from './timers.js';

/** `repeat`: a node that runs one round, and an edge back to it. */
export function emitLoop(sequence: Sequence, node: NodeSpec, flow: Loop): void {
  const { draft, emission } = sequence;
  const body = emission.emitBlock(flow.body);
  const round = `${node.id}.round`;
  const end = `${node.id}.end`;
  const begin = enter(node, () => ({ round: 0, value: null, done: false }));
  sequence.act(entryName(node), begin);
  const entered = sequence.split();
  draft.route(entered, ({ $control }) => ($control[node.id]!.skipped ? end : round), [round, end]);
  draft.node(round, async (state, config) => {
    const control = await oneRound(node, flow, body, state, runContextOf(config));
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
  body: CompiledBlock,
  { $values, $frame, $control }: BlockStateValue,
  context: RunContext,
): Promise<Control> {
  const control = $control[node.id]!;
  const round = control.round ?? 0;
  const frame = `${$frame}[${round}]`;
  if (round > 0 && flow.delay > 0) await pause(flow.delay, context.signal);
  await takeTurns();
  const { value, scope } = await body.run($values, frame, context);
  const done = (await evaluateAtEnd(node, frame, context, () => flow.until(scope))) || round + 1 >= flow.maxIterations;
  return { ...control, round: round + 1, value, done };
}
