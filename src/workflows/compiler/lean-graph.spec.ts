import { readFileSync } from 'node:fs';
import { jest } from '@jest/globals';
import { AsyncLocalStorageProviderSingleton } from '@langchain/core/singletons';
import { Send, START, StateGraph } from '@langchain/langgraph';
import { RunStopped } from '../nodes/node-error.js';
import { BlockState, type BlockStateValue } from './block-state.js';
import { chainNode } from './chain.js';
import { type BlockGraph } from './graph-draft.js';
import { KNOWN_VERSION, leanGraph } from './lean-graph.js';
import { leanNodes } from './lean-nodes.js';
import { reasonOf } from './lean-nodes.spec-helper.js';
import { NodeFailure } from './node-failure.js';
import { type RunContext, runContextOf } from './run-context.js';

type Node = ReturnType<typeof chainNode>;

const input = { $values: { n: 1 }, $frame: '' };
const run = { journal: {}, signal: new AbortController().signal } as RunContext;
const config = { configurable: { run }, recursionLimit: 9 };
const sets =
  (id: string): Node =>
  async () => ({ $values: { [id]: id } });

/** A block of these nodes, one after the other. */
function blockOf(nodes: Record<string, Node>): BlockGraph {
  const graph = new StateGraph(BlockState);
  let last: string = START;
  for (const [name, node] of Object.entries(nodes)) {
    graph.addNode(name, node).addEdge(last as typeof START, name as typeof START);
    last = name;
  }
  return graph.compile() as BlockGraph;
}

/** A block of nodes that run side by side. */
function blockBeside(nodes: Record<string, Node>): BlockGraph {
  const graph = new StateGraph(BlockState);
  for (const [name, node] of Object.entries(nodes)) graph.addNode(name, node).addEdge(START, name as typeof START);
  return graph.compile() as BlockGraph;
}

describe('the version of LangGraph', () => {
  const { dependencies } = JSON.parse(readFileSync('package.json', 'utf8')) as { dependencies: Record<string, string> };

  it('is exactly the one whose internals we know: before you move it, read docs/decisions/0010', () => {
    expect(dependencies['@langchain/langgraph']).toBe('1.7.3');
    expect(dependencies['@langchain/core']).toBe('1.4.0');
    expect(KNOWN_VERSION).toBe('1.7.3');
  });
});

describe('a graph that we do not know from within stays as it is', () => {
  const getNodesOf = (graph: BlockGraph) =>
    Object.values((graph as unknown as { nodes: Record<string, { getNode: unknown }> }).nodes).map(
      (node) => node.getNode,
    );

  it('when it is of another version', async () => {
    const graph = blockOf({ 'a.run': sets('a') });
    const before = getNodesOf(graph);
    expect(leanGraph(graph, '1.7.4')).toBe(graph);
    expect(getNodesOf(graph)).toEqual(before);
    expect((await graph.invoke(input, config)).$values).toEqual({ n: 1, a: 'a' });
  });

  it.each([
    ['a graph without nodes', { nodes: undefined }],
    ['a graph without conditional edges', { builder: {} }],
    ['a node that is not a Runnable', { nodes: { a: { bound: {}, getNode() {}, getWriters: () => [] } } }],
  ])('when it is %s', (_what, changes) => {
    expect(leanNodes(Object.assign(blockOf({ 'a.run': sets('a') }), changes))).toBe(false);
  });

  it.each([
    ['has lost a method', { getWriters: undefined }],
    ['does not follow commands', { getWriters: () => [] }],
    ['has a writer without a function', { getWriters: () => [{ lc_runnable: true, name: '<branch_run>' }] }],
  ])('when a node %s', (_what, changes) => {
    const graph = blockOf({ 'a.run': sets('a'), 'b.run': sets('b') }) as BlockGraph & { nodes: Record<string, object> };
    Object.assign(graph.nodes['b.run']!, changes);
    const before = getNodesOf(graph);
    expect(leanGraph(graph)).toBe(graph);
    expect(getNodesOf(graph)).toEqual(before);
  });

  it('when it has no stream of what happens', () => {
    const graph = blockOf({ 'a.run': sets('a') });
    expect(leanGraph(Object.assign(graph, { _streamIterator: undefined }))).toBe(graph);
  });
});

describe.each([
  ['lean', leanGraph],
  ['plain', (graph: BlockGraph) => graph],
])('a %s graph', (_kind, finish) => {
  it('gives the state at its end', async () => {
    const graph = blockOf({ 'a.run': sets('a'), 'b.run': sets('b') });
    expect(await finish(graph).invoke(input, config)).toEqual(
      expect.objectContaining({ $values: { n: 1, a: 'a', b: 'b' }, $frame: '', $control: {}, $lanes: [] }),
    );
  });

  it('brings the run to every node, also to those of a graph that a node runs', async () => {
    const inner = { ...run };
    const seen: RunContext[] = [];
    const looks: Node = async (_state, { configurable }) => {
      seen.push(runContextOf({ configurable }));
      return {};
    };
    const nested = finish(blockOf({ 'c.run': looks }));
    const nests: Node = async () => {
      await nested.invoke(input, { configurable: { run: inner }, recursionLimit: 9 });
      return {};
    };
    await finish(blockOf({ 'a.run': looks, 'b.run': nests, 'd.run': looks })).invoke(input, config);
    expect(seen).toHaveLength(3);
    for (const [n, context] of [run, inner, run].entries()) expect(seen[n]).toBe(context);
  });

  it('stops at its recursion limit', async () => {
    const graph = new StateGraph(BlockState)
      .addNode('a.run', sets('a'))
      .addEdge(START, 'a.run')
      .addEdge('a.run', 'a.run');
    expect(await reasonOf(finish(graph.compile() as BlockGraph).invoke(input, config))).toMatchObject({
      lc_error_code: 'GRAPH_RECURSION_LIMIT',
    });
  });

  describe.each([
    ['a failure of a node', new NodeFailure({ code: 'failed', node_id: 'a', path: 'a', attempt: 1 }, 'no', false)],
    ['a stop, which is no error', new RunStopped({ x: 1 })],
    ['the reason of an abort', new DOMException('enough', 'AbortError')],
    ['any error', new TypeError('not a function')],
  ])('lets %s through as it is', (_what, thrown) => {
    const throws = () => {
      throw thrown;
    };
    const fails: Node = async () => throws();

    it('from a node', async () => {
      expect(await reasonOf(finish(blockOf({ 'a.run': fails })).invoke(input, config))).toBe(thrown);
    });

    it('from a router', async () => {
      const graph = new StateGraph(BlockState)
        .addNode('a.run', sets('a'))
        .addConditionalEdges(START, throws, ['a.run']);
      expect(await reasonOf(finish(graph.compile() as BlockGraph).invoke(input, config))).toBe(thrown);
    });

    it('from a task that was sent', async () => {
      const graph = new StateGraph(BlockState)
        .addNode('a.run', fails)
        .addConditionalEdges(START, () => new Send('a.run', {}), ['a.run']);
      expect(await reasonOf(finish(graph.compile() as BlockGraph).invoke(input, config))).toBe(thrown);
    });

    it('from a graph that a node runs', async () => {
      const inner = finish(blockOf({ 'a.run': fails }));
      const nests: Node = async () => {
        await inner.invoke(input, config);
        return {};
      };
      expect(await reasonOf(finish(blockOf({ 'b.run': nests })).invoke(input, config))).toBe(thrown);
    });
  });
});

describe('a lean graph', () => {
  const soon = () => new Promise((resolve) => setTimeout(resolve, 10));
  const fails: Node = async () => {
    throw new Error('first');
  };

  it('is over when all its nodes are, also when one has failed', async () => {
    const ended: string[] = [];
    const inner = leanGraph(
      blockOf({
        'c.run': async () => {
          await soon();
          ended.push('c');
          return {};
        },
      }),
    );
    const ends: Node = async () => {
      await soon();
      ended.push('b');
      return {};
    };
    const nests: Node = async (state: BlockStateValue) => {
      await inner.invoke(state, config);
      return {};
    };
    const graph = leanGraph(blockBeside({ 'a.run': fails, 'b.run': ends, 'd.run': nests }));
    expect(await reasonOf(graph.invoke(input, config))).toEqual(new Error('first'));
    expect(ended.sort()).toEqual(['b', 'c']);
  });

  it('makes nothing for tracing, of which LangGraph makes something five times in a superstep', async () => {
    const traced = jest.spyOn(AsyncLocalStorageProviderSingleton, 'runWithConfig');
    const block = () =>
      new StateGraph(BlockState)
        .addNode('a.run', sets('a'))
        .addNode('b.run', sets('b'))
        .addNode('c.run', sets('c'))
        .addEdge(START, 'a.run')
        .addConditionalEdges('a.run', () => [new Send('b.run', {}), new Send('b.run', {})], ['b.run'])
        .addEdge('b.run', 'c.run')
        .compile() as BlockGraph;
    const plain = await block().invoke(input, config);
    expect(traced.mock.calls.length).toBeGreaterThan(15);
    traced.mockClear();
    expect(await leanGraph(block()).invoke(input, config)).toEqual(plain);
    expect(traced).not.toHaveBeenCalled();
    traced.mockRestore();
  });
});
