import { type END, type LangGraphRunnableConfig, type START, StateGraph } from '@langchain/langgraph';
import { BlockState, type BlockStateValue } from './block-state.js';
import { type Act, chainNode } from './chain.js';
import { type BlockGraph } from './execute-block.js';

type Router = (state: BlockStateValue, config: LangGraphRunnableConfig) => unknown;

/** The graph of one block while it is made. */
export class GraphDraft {
  private readonly graph = new StateGraph(BlockState);
  private readonly chains: Act[][] = [];
  /** Supersteps that one execution can take, for LangGraph's recursion limit. */
  supersteps = 2;

  get size(): number {
    return this.chains.length;
  }

  chain(name: string, acts: Act[]): void {
    this.chains.push(acts);
    this.node(name, chainNode(acts));
  }

  node(name: string, run: ReturnType<typeof chainNode>): void {
    this.graph.addNode(name, run);
    this.supersteps += 1;
  }

  edge(from: string, to: string): void {
    // Node names are made at run time; LangGraph's types know only literal ones.
    this.graph.addEdge(from as typeof START, to as typeof END);
  }

  route(from: string, router: Router, targets: string[]): void {
    this.graph.addConditionalEdges(from as typeof START, router as never, targets as never);
  }

  onlyActs(): readonly Act[] {
    return this.chains[0] ?? [];
  }

  compile(): BlockGraph {
    return this.graph.compile() as BlockGraph;
  }
}
