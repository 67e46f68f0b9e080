import { Send } from '@langchain/langgraph';
import { type Json } from '../../common/json.js';
import { type FanOut, type Lane } from '../nodes/control-flow.js';
import { RunPaused } from '../nodes/node-error.js';
import { type Scope } from '../nodes/execution.js';
import { type NodeSpec } from '../spec/workflow-spec.js';
import { enter, evaluateAtEnd, leave } from './control-acts.js';
import { entryName, type Sequence } from './emission.js';
import { LaneGroup } from './lane-group.js';
import { runContextOf } from './run-context.js';

/**
 * What a `Send` hands to the graph node that runs lanes. A class, because LangGraph copies plain objects in a `Send`
 * through and through, and makes commands of those that look like one: a user's value must come through as it is.
 */
class LaneWork {
  constructor(
    readonly group: LaneGroup<Lane>,
    readonly scope: Scope,
    readonly frame: string,
  ) {}
}

/**
 * `for_each`, `parallel`: one `Send` for each lane that may run at a time, and a join. Each takes lane after lane: with
 * a `Send` for every lane, LangGraph's time would grow with the square of their number.
 */
export function emitFanOut(sequence: Sequence, node: NodeSpec, flow: FanOut): void {
  const { draft, emission } = sequence;
  const blocks = new Map(Object.entries(flow.blocks).map(([key, nodes]) => [key, emission.emitBlock(nodes)]));
  const { laneValue } = flow;
  const worker = `${node.id}.lanes`;
  const join = `${node.id}.end`;
  const open = enter(node, (scope) => ({ lanes: flow.open(scope) }));
  sequence.act(entryName(node), open);
  const opened = sequence.split();
  draft.route(
    opened,
    ({ $values, $frame, $control }, config) => {
      const lanes = $control[node.id]!.lanes ?? [];
      if (lanes.length === 0) return join;
      const $work = new LaneWork(new LaneGroup(lanes, runContextOf(config)), $values, $frame);
      return Array.from({ length: Math.min(flow.concurrency, lanes.length) }, () => new Send(worker, { $work }));
    },
    [worker, join],
  );
  draft.node(worker, async (state) => {
    const { group, scope, frame } = (state as unknown as { $work: LaneWork }).$work;
    const $lanes = await group.work(async ({ block, index, binds }, context) => {
      const inside = index === undefined ? frame : `${frame}[${index}]`;
      const end = await blocks.get(block)!.run({ ...scope, ...binds }, inside, context);
      return laneValue ? evaluateAtEnd(node, inside, context, () => laneValue(end.scope)) : end.value;
    });
    return { $lanes };
  });
  draft.edge(worker, join);
  const collect = leave(node, (chain, { lanes = [] }) => {
    const values: Json[] = lanes.map(() => null);
    for (const result of chain.lanes) {
      // Those that can go on have done so: now the whole node waits.
      if ('paused' in result) throw new RunPaused();
      values[result.lane] = result.value;
    }
    return flow.collect(values, lanes);
  });
  sequence.act(join, collect);
}
