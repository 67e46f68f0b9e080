import { type Json } from '../../common/json.js';
import { type Scope } from '../nodes/execution.js';
import { type BlockStateValue } from './block-state.js';
import { type Act, Chain } from './chain.js';
import { type CompiledBlock } from './compiled-block.js';
import { type BlockGraph, type GraphDraft } from './graph-draft.js';
import { walkGraph } from './walk-graph.js';

/** A block whose nodes all run in one chain. */
export function chainBlock(acts: readonly Act[], last: string | undefined): CompiledBlock {
  return {
    async run(scope, frame, context) {
      const chain = new Chain({ $values: scope, $frame: frame } as BlockStateValue, context);
      for (const act of acts) {
        const pending = act(chain);
        if (pending) await pending;
      }
      return end(chain.scope, last);
    },
  };
}

/** A block that LangGraph executes; a replay that only reads walks through its parts. */
export function graphBlock(
  draft: GraphDraft,
  last: string | undefined,
  finish: (graph: BlockGraph) => BlockGraph,
): CompiledBlock {
  const graph = finish(draft.compile());
  const { supersteps } = draft;
  return {
    async run(scope, frame, context) {
      if (context.onlyReads) return end((await walkGraph(draft, scope, frame, context)).$values, last);
      // The run's signal is not LangGraph's, which would not wait for what is under way: the acts heed it themselves, so
      // that nothing of a block runs any more when the block is over.
      const config = { configurable: { run: context }, recursionLimit: supersteps };
      const state = await graph.invoke({ $values: scope, $frame: frame }, config);
      return end(state.$values, last);
    },
  };
}

function end(scope: Scope, last: string | undefined): { value: Json; scope: Scope } {
  return { scope, value: last === undefined ? null : (scope[last] ?? null) };
}
