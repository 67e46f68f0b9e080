import { END, START } from '@langchain/langgraph';
import { isLeaf } from '../nodes/define-node.js';
import { type Block, type NodeSpec } from '../spec/workflow-spec.js';
import { type Act } from './chain.js';
import { type CompiledBlock } from './compiled-block.js';
import { emitBranching } from './emit-branching.js';
import { emitFanOut } from './emit-fan-out.js';
import { emitLoop } from './emit-loop.js';
import { type Emission, entryName, type Sequence } from './emission.js';
import { chainBlock, graphBlock } from './execute-block.js';
import { GraphDraft } from './graph-draft.js';
import { leafAct, policyAct } from './leaf-act.js';

/**
 * Makes a graph of a block: consecutive nodes become one graph node, for what makes a node durable is its step row and
 * not a superstep; control flow becomes conditional edges, `Send`s and loop edges. Blocks that run side by side or again
 * and again are graphs of their own, so that each has its own scope and its own pace.
 */
export function emitBlock(nodes: Block, emission: Emission): CompiledBlock {
  const sequence = new SequenceEmitter(new GraphDraft(), emission, START);
  sequence.nodes(nodes);
  sequence.end(END);
  const last = nodes.at(-1)?.id;
  const { draft } = sequence;
  // Nothing to route: the acts themselves are the block, and a round of a loop costs no graph invocation.
  if (draft.size <= 1) return chainBlock(draft.onlyActs(), last);
  return graphBlock(draft, last, emission.finish);
}

/** Emits nodes one after the other into a draft; a branch of an `if` is such a sequence inside its parent's graph. */
class SequenceEmitter implements Sequence {
  private acts: Act[] = [];
  private name: string | undefined;

  constructor(
    readonly draft: GraphDraft,
    readonly emission: Emission,
    /** Graph node that leads to the next one; undefined when a router does. */
    private from: string | undefined,
  ) {}

  nodes(nodes: Block): void {
    for (const node of nodes) this.node(node);
  }

  branch(nodes: Block, meet: string): void {
    const branch = new SequenceEmitter(this.draft, this.emission, undefined);
    branch.nodes(nodes);
    branch.end(meet);
  }

  act(name: string, act: Act): void {
    this.name ??= name;
    this.acts.push(act);
  }

  split(): string {
    this.flush();
    const name = this.from!;
    this.from = undefined;
    return name;
  }

  /** Closes the sequence; what comes next is `to`. */
  end(to: string): void {
    this.flush();
    if (this.from !== undefined) this.draft.edge(this.from, to);
  }

  private node(node: NodeSpec): void {
    const type = this.emission.nodeTypes.get(node.type)!;
    if (isLeaf(type)) this.act(entryName(node), leafAct(node, this.emission));
    else this.control(node);
  }

  private control(node: NodeSpec): void {
    const { on_error: onError, retry, timeout } = node;
    if (retry || timeout || (onError !== undefined && onError !== 'fail')) {
      // What fails inside must be caught in one place: the node and its blocks become one act.
      this.act(entryName(node), policyAct(node, this.emission));
      return;
    }
    const type = this.emission.nodeTypes.get(node.type)!;
    if (isLeaf(type)) return;
    const flow = type.flow(node);
    if (flow.kind === 'branch') emitBranching(this, node, flow);
    else if (flow.kind === 'fan-out') emitFanOut(this, node, flow);
    else emitLoop(this, node, flow);
  }

  private flush(): void {
    if (this.acts.length === 0) return;
    const name = this.name!;
    this.draft.chain(name, this.acts);
    if (this.from !== undefined) this.draft.edge(this.from, name);
    this.from = name;
    this.acts = [];
    this.name = undefined;
  }
}
