import { BaseCallbackHandler } from '@langchain/core/callbacks/base';
import { Command, END, getConfig, type LangGraphRunnableConfig, Send, START, StateGraph } from '@langchain/langgraph';
import { bothWays, logs, reasonOf, State, type StateValue } from './lean-nodes.spec-helper.js';

const soon = (milliseconds = 5) => new Promise((resolve) => setTimeout(resolve, milliseconds));

describe('a lean graph goes the way of a plain one', () => {
  it('along conditional edges, whose router sees what the node has written', async () => {
    const answer = await bothWays(async (finish) => {
      const graph = finish(
        new StateGraph(State)
          .addNode('add', ({ n }) => ({ n: n + 1, log: ['add'] }))
          .addNode('even', logs('even'))
          .addNode('odd', logs('odd'))
          .addConditionalEdges(START, ({ n }) => (n < 0 ? END : 'add'), ['add', END])
          .addConditionalEdges('add', async ({ n }) => (n % 2 === 0 ? 'even' : 'odd'), ['even', 'odd'])
          .compile(),
      );
      return Promise.all([-1, 1, 2].map((n) => graph.invoke({ n })));
    });
    expect(answer.map(({ log }) => log)).toEqual([[], ['add', 'even'], ['add', 'odd']]);
  });

  it('to many tasks by Send, no more of them at a time than may be', async () => {
    const answer = await bothWays(async (finish) => {
      let running = 0;
      let peak = 0;
      const graph = finish(
        new StateGraph(State)
          .addNode('split', logs('split'))
          .addNode('item', async ({ n }: StateValue) => {
            peak = Math.max(peak, ++running);
            await soon(2);
            running -= 1;
            return { log: [`item ${n}`] };
          })
          .addNode('join', ({ log }) => ({ log: [`join ${log.length}`] }))
          .addEdge(START, 'split')
          .addConditionalEdges('split', () => Array.from({ length: 12 }, (_, n) => new Send('item', { n })), ['item'])
          .addEdge('item', 'join')
          .compile(),
      );
      return { ...(await graph.invoke({ n: 0 }, { maxConcurrency: 4 })), peak };
    });
    expect(answer.peak).toBe(4);
    expect(answer.log).toEqual(['split', ...Array.from({ length: 12 }, (_, n) => `item ${n}`), 'join 13']);
  });

  it('where a Command goes: to a node, to a Send, to nowhere', async () => {
    const command = (goto: string | Send | (string | Send)[]) => new Command({ update: { log: ['command'] }, goto });
    const answer = await bothWays((finish) =>
      Promise.all(
        [
          command('b'),
          command(['b', new Send('c', { n: 7 })]),
          [command('b'), { log: ['update'] }],
          { log: ['none'] },
        ].map((value) =>
          finish(
            new StateGraph(State)
              .addNode('a', () => value as Command, { ends: ['b', 'c'] })
              .addNode('b', logs('b'))
              .addNode('c', ({ n }) => ({ log: [`c ${n}`] }))
              .addEdge(START, 'a')
              .compile(),
          ).invoke({ n: 1 }),
        ),
      ),
    );
    expect(answer.map(({ log }) => log)).toEqual([
      ['command', 'b'],
      ['command', 'b', 'c 7'],
      ['command', 'update', 'b'],
      ['none'],
    ]);
  });

  it('past a value that only looks like a command', async () => {
    const answer = await bothWays((finish) =>
      finish(
        new StateGraph(State)
          .addNode('a', () => ({ lg_name: 'Command', goto: 'b', log: ['a'] }))
          .addNode('b', logs('b'), { ends: [] })
          .addConditionalEdges(START, () => 'a', ['a', 'b'])
          .compile(),
      ).invoke({ n: 1 }),
    );
    expect(answer.log).toEqual(['a']);
  });

  it('through branches of different lengths to a join', async () => {
    const answer = await bothWays((finish) =>
      finish(
        new StateGraph(State)
          .addNode('a', logs('a'))
          .addNode('b', logs('b'))
          .addNode('b2', logs('b2'))
          .addNode('join', ({ log }) => ({ log: [`join ${log.length}`] }))
          .addEdge(START, 'a')
          .addEdge(START, 'b')
          .addEdge('b', 'b2')
          .addEdge(['a', 'b2'], 'join')
          .compile(),
      ).invoke({ n: 1 }),
    );
    expect(answer.log).toEqual(['a', 'b', 'b2', 'join 3']);
  });

  it('into graphs that are nodes, or called by nodes, and out of them to a node of the outer one', async () => {
    const answer = await bothWays((finish) => {
      const inner = finish(new StateGraph(State).addNode('i', logs('inner')).addEdge(START, 'i').compile());
      const leaving = finish(
        new StateGraph(State)
          .addNode('i', () => new Command({ graph: Command.PARENT, goto: 'last', update: { log: ['left'] } }))
          .addEdge(START, 'i')
          .compile(),
      );
      const outer = finish(
        new StateGraph(State)
          .addNode('a', inner)
          .addNode('b', async (_state, config) => ({
            log: (await inner.invoke({ n: 2, log: ['called'] }, config)).log,
          }))
          .addNode('c', leaving, { ends: ['last'] })
          .addNode('last', logs('last'))
          .addEdge(START, 'a')
          .addEdge('a', 'b')
          .addEdge('b', 'c')
          .compile(),
      );
      return outer.invoke({ n: 1, log: ['outer'] });
    });
    expect(answer.log).toEqual(['outer', 'outer', 'inner', 'called', 'inner', 'left', 'last']);
  });
});

describe('a lean graph treats its nodes as a plain one does', () => {
  it('tries again as the retry policy says', async () => {
    const answer = await bothWays((finish) => {
      let calls = 0;
      const flaky = () => {
        if (++calls < 3) throw new Error('not yet');
        return { log: [`call ${calls}`] };
      };
      const retryPolicy = { maxAttempts: 4, initialInterval: 1, jitter: false, logWarning: false };
      const graph = new StateGraph(State).addNode('a', flaky, { retryPolicy }).addEdge(START, 'a').compile();
      return finish(graph).invoke({ n: 1 });
    });
    expect(answer.log).toEqual(['call 3']);
  });

  it('gives up on a node that takes too long, and drops what it writes afterwards', async () => {
    const answer = await bothWays(async (finish) => {
      const slow = async (_state: StateValue, { signal }: LangGraphRunnableConfig) => {
        await new Promise((resolve) => signal!.addEventListener('abort', resolve));
        return { log: ['late'] };
      };
      const graph = new StateGraph(State).addNode('a', slow, { timeout: 20 }).addEdge(START, 'a').compile();
      const { name, node, kind } = (await reasonOf(finish(graph).invoke({ n: 1 }))) as Record<string, unknown>;
      return { name, node, kind };
    });
    expect(answer).toEqual({ name: 'NodeTimeoutError', node: 'a', kind: 'run' });
  });

  it('tells them when the run is aborted, and does not wait for them', async () => {
    const answer = await bothWays(async (finish) => {
      const stop = new AbortController();
      let heard: unknown;
      const waits = async (_state: StateValue, { signal }: LangGraphRunnableConfig) => {
        await new Promise((resolve) => signal!.addEventListener('abort', resolve));
        heard = signal!.reason;
        await soon(50);
      };
      const graph = new StateGraph(State).addNode('a', waits).addNode('b', logs('b')).addEdge(START, 'a');
      const invoking = finish(graph.addEdge('a', 'b').compile()).invoke({ n: 1 }, { signal: stop.signal });
      setTimeout(() => stop.abort(new Error('enough')), 10);
      const reason = await reasonOf(invoking);
      return { reason, heard };
    });
    expect(answer.heard).toEqual(new Error('enough'));
  });

  it('gives nodes and routers what the caller has configured, as an argument and around them', async () => {
    const answer = await bothWays(async (finish) => {
      const mark = { of: 'this run' };
      const seen: unknown[] = [];
      const look = (config: LangGraphRunnableConfig) => {
        seen.push(config.configurable!.run === mark, getConfig().configurable!.run === mark);
        seen.push(config.recursionLimit, config.metadata!.by, config.tags);
        return {};
      };
      const graph = finish(
        new StateGraph(State)
          .addNode('a', async (_state, config) => {
            await soon();
            return look(config);
          })
          .addNode('b', (_state, config) => look(config))
          .addEdge(START, 'a')
          .addConditionalEdges(
            'a',
            (_state, config) => {
              seen.push(config.configurable!.run === mark, getConfig().configurable!.run === mark);
              return 'b';
            },
            ['b'],
          )
          .compile(),
      );
      const config = { configurable: { run: mark }, metadata: { by: 'me' }, tags: ['mine'], recursionLimit: 9 };
      await graph.invoke({ n: 1 }, config);
      return seen;
    });
    const ofNode = [true, true, 9, 'me', ['mine']];
    expect(answer).toEqual([...ofNode, true, true, ...ofNode]);
  });

  it('refuses a value that is no update', async () => {
    const answer = await bothWays(async (finish) => {
      const graph = new StateGraph(State)
        .addNode('a', () => 7 as never)
        .addEdge(START, 'a')
        .compile();
      return reasonOf(finish(graph).invoke({ n: 1 }));
    });
    expect(answer).toMatchObject({ lc_error_code: 'INVALID_GRAPH_NODE_RETURN_VALUE' });
  });
});

describe('who looks at a lean graph sees what a plain one shows', () => {
  const twoNodes = () =>
    new StateGraph(State)
      .addNode('a', (_state, { writer }) => {
        writer?.('half of a');
        return { log: ['a'] };
      })
      .addNode('b', logs('b'))
      .addEdge(START, 'a')
      .addConditionalEdges('a', () => 'b', ['b'])
      .compile();

  it('in streams of updates, values and what nodes write', async () => {
    const answer = await bothWays(async (finish) => {
      const streamMode: ('updates' | 'values' | 'custom')[] = ['updates', 'values', 'custom'];
      const chunks: unknown[] = [];
      for await (const chunk of await finish(twoNodes()).stream({ n: 1 }, { streamMode })) chunks.push(chunk);
      return chunks;
    });
    expect(answer).toEqual([
      ['values', { n: 1, log: [] }],
      ['custom', 'half of a'],
      ['updates', { a: { log: ['a'] } }],
      ['values', { n: 1, log: ['a'] }],
      ['updates', { b: { log: ['b'] } }],
      ['values', { n: 1, log: ['a', 'b'] }],
    ]);
  });

  it('with callbacks, which hear of every node and router', async () => {
    const answer = await bothWays(async (finish) => {
      const heard: unknown[] = [];
      const handleChainStart = (...started: unknown[]) => void heard.push(started[7]);
      const listener = Object.assign(BaseCallbackHandler.fromMethods({ handleChainStart }), { awaitHandlers: true });
      await finish(twoNodes()).invoke({ n: 1 }, { callbacks: [listener] });
      return heard;
    });
    expect(answer).toEqual(['LangGraph', '__start__', 'a', 'RunnableLambda', 'b']);
  });
});
