import { Send } from '@langchain/langgraph';
import { type Json } from '../../common/json.js';
import { type FanOut } from '../nodes/control-flow.js';
import { type Scope } from '../nodes/execution.js';
import { type NodeSpec } from '../spec/workflow-spec.js';
import { enter, evaluateAtEnd, leave } from './control-acts.js';
import { entryName, type Sequence } from './emission.js';
import { LaneGroup } from './lane-group.js';
import { runContextOf } from './run-context.js';

/**
 * What a `Send` hands to a lane. A class, because LangGraph copies plain objects in a `Send` through and through, and
 * makes commands of those that look like one: a user's value must come through as it is.
 */
class LaneStart {
  constructor(
    readonly index: number,
    readonly block: string,
    readonly scope: Scope,
    readonly frame: string,
    readonly group: LaneGroup,
  ) {}
}

/** `for_each`, `parallel`: one `Send` for each lane, and a join. */
export function emitFanOut(sequence: Sequence, node: NodeSpec, flow: FanOut): void {
  const { draft, emission } = sequence;
  const blocks = new Map(Object.entries(flow.blocks).map(([key, nodes]) => [key, emission.emitBlock(nodes)]));
  const lane = `${node.id}.lane`;
  const join = `${node.id}.end`;
  const open = enter(node, (scope) => ({ lanes: flow.open(scope) }));
  sequence.act(entryName(node), open);
  const opened = sequence.split();
  draft.route(
    opened,
    ({ $values, $frame, $control }, config) => {
      const lanes = $control[node.id]!.lanes ?? [];
      if (lanes.length === 0) return join;
      const group = new LaneGroup(flow.concurrency, runContextOf(config));
      return lanes.map(({ block, index, binds }, position) => {
        const frame = index === undefined ? $frame : `${$frame}[${index}]`;
        return new Send(lane, { $lane: new LaneStart(position, block, { ...$values, ...binds }, frame, group) });
      });
    },
    [lane, join],
  );
  draft.node(lane, async (state) => {
    const { index, block, scope, frame, group } = (state as unknown as { $lane: LaneStart }).$lane;
    return group.run(async (context) => {
      const end = await blocks.get(block)!.run(scope, frame, context);
      const { laneValue } = flow;
      const value = laneValue ? await evaluateAtEnd(node, frame, context, () => laneValue(end.scope)) : end.value;
      return { $lanes: { lane: index, value } };
    });
  });
  draft.edge(lane, join);
  const collect = leave(node, (chain, { lanes = [] }) => {
    const values: Json[] = lanes.map(() => null);
    for (const result of chain.lanes) values[result.lane] = result.value;
    return flow.collect(values, lanes);
  });
  sequence.act(join, collect);
}
