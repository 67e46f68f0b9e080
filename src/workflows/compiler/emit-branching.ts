import { type Branching } from '../nodes/control-flow.js';
import { type NodeSpec } from '../spec/workflow-spec.js';
import { enter, leave } from './control-acts.js';
import { entryName, type Sequence } from './emission.js';

/** `if`, `switch`: conditional edges to branches that meet again. */
export function emitBranching(sequence: Sequence, node: NodeSpec, flow: Branching): void {
  const decide = enter(node, (scope) => ({ choice: flow.choose(scope) }));
  sequence.act(entryName(node), decide);
  const decided = sequence.split();
  const meet = `${node.id}.end`;
  const targets = new Map<string, string>();
  for (const [key, nodes] of Object.entries(flow.blocks)) {
    if (nodes.length === 0) continue;
    targets.set(key, entryName(nodes[0]!));
    sequence.branch(nodes, meet);
  }
  const route = [...targets.values(), meet];
  sequence.draft.route(decided, ({ $control }) => targets.get($control[node.id]!.choice ?? '') ?? meet, route);
  const valueOf = (choice: string | null | undefined) => flow.blocks[choice ?? '']?.at(-1)?.id;
  const end = leave(node, (chain, { choice }) => chain.scope[valueOf(choice) ?? ''] ?? null);
  sequence.act(meet, end);
}
