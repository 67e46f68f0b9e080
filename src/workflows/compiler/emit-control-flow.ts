import { setTimeout as sleep } from 'node:timers/promises';
import { type LangGraphRunnableConfig, Send } from '@langchain/langgraph';
import { type Json } from '../../common/json.js';
import { type Branching, type FanOut, type Loop } from '../nodes/control-flow.js';
import { type Scope } from '../nodes/execution.js';
import { type NodeSpec } from '../spec/workflow-spec.js';
import { type BlockStateValue, type Control } from './block-state.js';
import { type Act, type Chain } from './chain.js';
import { type Sequence } from './emission.js';
import { skip } from './leaf-act.js';
import { nodeFailure } from './node-failure.js';
import { whenOf } from './policy.js';
import { runContextOf } from './run-context.js';
import { Semaphore } from './semaphore.js';

/** `if`, `switch`: conditional edges to branches that meet again. */
export function emitBranching(sequence: Sequence, node: NodeSpec, flow: Branching): void {
  sequence.act(
    node.id,
    enter(node, (scope) => ({ choice: flow.choose(scope) })),
  );
  const decided = sequence.split();
  const meet = `${node.id}.end`;
  const targets = new Map<string, string>();
  for (const [key, nodes] of Object.entries(flow.blocks)) {
    if (nodes.length === 0) continue;
    targets.set(key, nodes[0]!.id);
    sequence.branch(nodes, meet);
  }
  const lastOf = (choice: string | null | undefined) => flow.blocks[choice ?? '']?.at(-1)?.id;
  sequence.draft.route(decided, ({ $control }) => targets.get($control[node.id]!.choice ?? '') ?? meet, [
    ...targets.values(),
    meet,
  ]);
  sequence.act(
    meet,
    leave(node, (chain, control) => chain.scope[lastOf(control.choice) ?? ''] ?? null),
  );
}

/** `for_each`, `parallel`: one `Send` for each lane, and a join. */
export function emitFanOut(sequence: Sequence, node: NodeSpec, flow: FanOut): void {
  const { draft, emission } = sequence;
  const blocks = new Map(Object.entries(flow.blocks).map(([key, nodes]) => [key, emission.emitBlock(nodes)]));
  sequence.act(
    node.id,
    enter(node, (scope) => ({ lanes: flow.open(scope) })),
  );
  const opened = sequence.split();
  const lane = `${node.id}.lane`;
  const join = `${node.id}.end`;
  draft.node(lane, async (state, config) => {
    const { lane: index, block, limiter } = (state as unknown as LaneInput).$lane;
    return limiter.use(async () => {
      const end = await blocks.get(block)!.run(state.$values, state.$frame, runContextOf(config));
      return {
        $lanes: { lane: index, value: flow.laneValue ? evaluate(node, state, flow.laneValue, end.scope) : end.value },
      };
    });
  });
  draft.route(
    opened,
    (state) => {
      const lanes = state.$control[node.id]!.lanes ?? [];
      if (lanes.length === 0) return join;
      const limiter = new Semaphore(flow.concurrency);
      return lanes.map((one, index) => {
        const frame = one.index === undefined ? state.$frame : `${state.$frame}[${one.index}]`;
        const $lane: LaneInput['$lane'] = { lane: index, block: one.block, limiter };
        return new Send(lane, { $values: { ...state.$values, ...one.binds }, $frame: frame, $lane });
      });
    },
    [lane, join],
  );
  draft.edge(lane, join);
  sequence.act(
    join,
    leave(node, (chain, control) => {
      const values: Json[] = new Array<Json>(control.lanes!.length).fill(null);
      for (const result of chain.lanes) values[result.lane] = result.value;
      return flow.collect(values, control.lanes!);
    }),
  );
}

/** What a `Send` gives to a lane besides its scope. */
interface LaneInput {
  $lane: { lane: number; block: string; limiter: Semaphore };
}

/** `repeat`: a node that runs one round, and an edge back to it. */
export function emitLoop(sequence: Sequence, node: NodeSpec, flow: Loop): void {
  const { draft, emission } = sequence;
  const body = emission.emitBlock(flow.body);
  sequence.act(
    node.id,
    enter(node, () => ({ round: 0, value: null, done: false })),
  );
  const entered = sequence.split();
  const round = `${node.id}.round`;
  const end = `${node.id}.end`;
  draft.node(round, async (state, config) => ({
    $control: { [node.id]: await oneRound(node, flow, body.run, state, config) },
  }));
  draft.supersteps += flow.maxIterations;
  draft.route(entered, ({ $control }) => ($control[node.id]!.skipped ? end : round), [round, end]);
  draft.route(round, ({ $control }) => ($control[node.id]!.done ? end : round), [round, end]);
  sequence.act(
    end,
    leave(node, (_chain, control) => control.value ?? null),
  );
}

async function oneRound(
  node: NodeSpec,
  flow: Loop,
  run: (
    scope: Scope,
    frame: string,
    context: ReturnType<typeof runContextOf>,
  ) => Promise<{ value: Json; scope: Scope }>,
  state: BlockStateValue,
  config: LangGraphRunnableConfig,
): Promise<Control> {
  const control = state.$control[node.id]!;
  const round = control.round ?? 0;
  const context = runContextOf(config);
  if (round > 0 && flow.delay > 0) await sleep(flow.delay, undefined, { signal: context.signal });
  const { value, scope } = await run(state.$values, `${state.$frame}[${round}]`, context);
  const done = round + 1 >= flow.maxIterations || evaluate(node, state, flow.until, scope);
  return { ...control, round: round + 1, value, done };
}

/** Opens a control-flow node: `when`, then its decision. A failure here is the node's. */
function enter(node: NodeSpec, decide: (scope: Scope) => Partial<Control>): Act {
  const shouldRun = whenOf(node);
  return (chain) => {
    const startedAt = Date.now();
    if (!shouldRun(chain)) return chain.enter(node.id, { startedAt, skipped: true, choice: null, lanes: [] });
    try {
      return chain.enter(node.id, { startedAt, ...decide(chain.scope) });
    } catch (error) {
      return failed(node, chain, startedAt, error);
    }
  };
}

/** Closes a control-flow node: its value, and its step. */
function leave(node: NodeSpec, valueOf: (chain: Chain, control: Control) => Json): Act {
  return async (chain) => {
    const control = chain.controlOf(node.id);
    if (control.skipped) return chain.set(node.id, await skip(node, chain));
    const { journal } = chain.context;
    const path = chain.pathOf(node.id);
    const output = valueOf(chain, control);
    chain.set(node.id, output);
    if (journal.recorded(path)) return;
    const { startedAt } = control;
    const at = { nodeId: node.id, path, attempt: 1 };
    try {
      await journal.record({ ...at, status: 'COMPLETED', output, startedAt, completedAt: Date.now() }, 'none');
    } catch (error) {
      throw nodeFailure(error, at);
    }
  };
}

async function failed(node: NodeSpec, chain: Chain, startedAt: number, error: unknown): Promise<never> {
  const { journal } = chain.context;
  const path = chain.pathOf(node.id);
  const at = { nodeId: node.id, path, attempt: journal.nextAttempt(path) };
  const failure = nodeFailure(error, at);
  const detail = { ...failure.detail, message: failure.message };
  await journal.record(
    { ...at, status: 'FAILED', output: null, error: detail, startedAt, completedAt: Date.now() },
    'none',
  );
  throw failure;
}

/** An expression at the end of a nested block; its failure is one of the control-flow node. */
function evaluate<Value>(
  node: NodeSpec,
  state: BlockStateValue,
  expression: (scope: Scope) => Value,
  scope: Scope,
): Value {
  try {
    return expression(scope);
  } catch (error) {
    throw nodeFailure(error, { nodeId: node.id, path: node.id + state.$frame, attempt: 1 });
  }
}
