import { Annotation } from '@langchain/langgraph';
import { type Json } from '../../common/json.js';
import { type Lane } from '../nodes/control-flow.js';
import { type Scope } from '../nodes/execution.js';

/** What a control-flow node has decided; read by its router and by its end. */
export interface Control {
  startedAt: number;
  /** `when` was false, or the node was over before. */
  skipped?: boolean;
  /** Of a branching: the block that runs. */
  choice?: string | null;
  /** Of a fan-out. */
  lanes?: Lane[];
  /** Of a loop: rounds that are over, what the last one gave, and whether it was the last. */
  round?: number;
  value?: Json;
  done?: boolean;
}

export type Controls = Readonly<Record<string, Control>>;

/** What became of a lane: its value, or that it waits. */
export type LaneResult = { lane: number; value: Json } | { lane: number; paused: true };

/** Written to `$lanes` to begin anew. */
export const NO_LANES = Symbol('no lanes');

type LanesUpdate = LaneResult[] | typeof NO_LANES;

/** How an update of a channel is added to what it holds. */
export const reducers = {
  $values: (known: Scope, more: Scope): Scope => ({ ...known, ...more }),
  $control: (known: Controls, more: Controls): Controls => ({ ...known, ...more }),
  $lanes: (known: LaneResult[], more: LanesUpdate): LaneResult[] => (more === NO_LANES ? [] : [...known, ...more]),
};

/**
 * Channels of a block's graph. Their names begin with `$`, which no node id does: LangGraph allows no node with the
 * name of a channel.
 */
export const BlockState = Annotation.Root({
  /** Everything expressions can refer to: the roots, loop variables, and the values of nodes under their ids. */
  $values: Annotation<Scope, Scope>({ reducer: reducers.$values, default: () => ({}) }),
  /** Indexes of the loops around this block, such as `[7][2]`: the tail of every path in it. */
  $frame: Annotation<string>(),
  /** By node: the branches of an `if` run inside it, and may hold control flow of their own. */
  $control: Annotation<Controls, Controls>({ reducer: reducers.$control, default: () => ({}) }),
  $lanes: Annotation<LaneResult[], LanesUpdate>({ reducer: reducers.$lanes, default: () => [] }),
});

export type BlockStateValue = typeof BlockState.State;
export type BlockStateUpdate = typeof BlockState.Update;
