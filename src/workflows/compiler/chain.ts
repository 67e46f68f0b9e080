import { type LangGraphRunnableConfig } from '@langchain/langgraph';
import { type Json, type JsonObject } from '../../common/json.js';
import { type Scope } from '../nodes/execution.js';
import { type BlockStateUpdate, type BlockStateValue, type Control, type Controls, NO_LANES } from './block-state.js';
import { type RunContext, runContextOf } from './run-context.js';

/** One act of a chain: a leaf, or the beginning or end of a control-flow node. */
export type Act = (chain: Chain) => Promise<void> | void;

/**
 * Several acts executed as one graph node: all between two points at which there is something to route. After a crash
 * each act answers with its step row, if there is one, so none needs a superstep of its own.
 */
export class Chain {
  /** What expressions see; grows with each act. */
  readonly scope: JsonObject;
  readonly frame: string;
  readonly lanes: BlockStateValue['$lanes'];
  private readonly controls: Controls;
  private readonly update: BlockStateUpdate = {};

  constructor(
    state: BlockStateValue,
    readonly context: RunContext,
  ) {
    this.scope = { ...state.$values };
    this.frame = state.$frame;
    this.controls = state.$control;
    this.lanes = state.$lanes;
  }

  pathOf(nodeId: string): string {
    return nodeId + this.frame;
  }

  /** The value of a node, visible to every later one. */
  set(nodeId: string, value: Json): void {
    this.scope[nodeId] = value;
    this.update.$values = { ...(this.update.$values as Scope | undefined), [nodeId]: value };
  }

  /** Opens a control-flow node; its router reads this. */
  enter(nodeId: string, control: Control): void {
    this.update.$control = { [nodeId]: control };
    if (control.lanes) this.update.$lanes = NO_LANES;
  }

  /** What the node decided when it was opened. */
  controlOf(nodeId: string): Control {
    return this.controls[nodeId]!;
  }

  changes(): BlockStateUpdate {
    return this.update;
  }
}

/** The function of the graph node that executes these acts in order. */
export function chainNode(acts: readonly Act[]) {
  return async (state: BlockStateValue, config: LangGraphRunnableConfig): Promise<BlockStateUpdate> => {
    const chain = new Chain(state, runContextOf(config));
    for (const act of acts) {
      const pending = act(chain);
      // Most acts compute and are done: a chain of them shall not cost a turn of the event loop each.
      if (pending) await pending;
    }
    return chain.changes();
  };
}
