import { type END, type LangGraphRunnableConfig, type START, StateGraph } from '@langchain/langgraph';
import { BlockState, type BlockStateValue } from './block-state.js';
import { type Act, chainNode } from './chain.js';

type NodeFunction = ReturnType<typeof chainNode>;
type Router = (state: BlockStateValue, config: LangGraphRunnableConfig) => unknown;

/** What we use of a compiled graph; its own type is parametrised by node names, which are made at run time. */
export interface BlockGraph {
  invoke(
    input: Partial<BlockStateValue>,
    config: LangGraphRunnableConfig & { recursionLimit: number },
  ): Promise<BlockStateValue>;
}

/** The nodes of a graph, and what follows each of them: another one, or what a router says. */
export interface GraphParts {
  readonly nodes: ReadonlyMap<string, NodeFunction>;
  readonly ways: ReadonlyMap<string, string | Router>;
}

/** The graph of one block while it is made. */
export class GraphDraft implements GraphParts {
  private readonly graph = new StateGraph(BlockState);
  private readonly chains: Act[][] = [];
  readonly nodes = new Map<string, NodeFunction>();
  readonly ways = new Map<string, string | Router>();
  /** Supersteps that one execution can take, for LangGraph's recursion limit. */
  supersteps = 2;

  get size(): number {
    return this.chains.length;
  }

  chain(name: string, acts: Act[]): void {
    this.chains.push(acts);
    this.node(name, chainNode(acts));
  }

  node(name: string, run: NodeFunction): void {
    this.graph.addNode(name, run);
    this.nodes.set(name, run);
    this.supersteps += 1;
  }

  edge(from: string, to: string): void {
    // Node names are made at run time; LangGraph's types know only literal ones.
    this.graph.addEdge(from as typeof START, to as typeof END);
    this.ways.set(from, to);
  }

  route(from: string, router: Router, targets: string[]): void {
    this.graph.addConditionalEdges(from as typeof START, router as never, targets as never);
    this.ways.set(from, router);
  }

  onlyActs(): readonly Act[] {
    return this.chains[0] ?? [];
  }

  compile(): BlockGraph {
    return this.graph.compile() as BlockGraph;
  }
}
