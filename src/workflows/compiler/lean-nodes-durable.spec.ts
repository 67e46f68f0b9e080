import { Command, interrupt, MemorySaver, START, StateGraph } from '@langchain/langgraph';
import { bothWays, logs, reasonOf, State, thread } from './lean-nodes.spec-helper.js';

const checkpointer = () => ({ checkpointer: new MemorySaver() });

describe('a lean graph with a checkpointer is as durable as a plain one', () => {
  it('stops at an interrupt, and goes on with the answer', async () => {
    const answer = await bothWays(async (finish) => {
      const graph = finish(
        new StateGraph(State)
          .addNode('before', logs('before'))
          .addNode('ask', async () => ({ log: [`${interrupt('one?')} ${interrupt('two?')}`] }))
          .addNode('after', logs('after'))
          .addEdge(START, 'before')
          .addEdge('before', 'ask')
          .addEdge('ask', 'after')
          .compile(checkpointer()),
      );
      const stops: unknown[] = [];
      let state: object = await graph.invoke({ n: 1 }, thread('t'));
      for (const resume of ['yes', 'no']) {
        const { tasks } = await graph.getState(thread('t'));
        stops.push([state, tasks[0]!.interrupts].map((part) => JSON.parse(withoutIds(part)) as unknown));
        state = await graph.invoke(new Command({ resume }), thread('t'));
      }
      return { stops, state };
    });
    const asked = (value: string) => [{ id: '#', value }];
    expect(answer.stops).toEqual(
      ['one?', 'two?'].map((value) => [{ n: 1, log: ['before'], __interrupt__: asked(value) }, asked(value)]),
    );
    expect(answer.state).toEqual({ n: 1, log: ['before', 'yes no', 'after'] });
  });

  it('stops at an interrupt in a graph inside it, and goes on there', async () => {
    const answer = await bothWays(async (finish) => {
      const inner = finish(
        new StateGraph(State)
          .addNode('first', logs('first'))
          .addNode('ask', () => ({ log: [String(interrupt('?'))] }))
          .addEdge(START, 'first')
          .addEdge('first', 'ask')
          .compile(),
      );
      const outer = finish(new StateGraph(State).addNode('a', inner).addEdge(START, 'a').compile(checkpointer()));
      await outer.invoke({ n: 1 }, thread('t'));
      return outer.invoke(new Command({ resume: 'yes' }), thread('t'));
    });
    expect(answer.log).toEqual(['first', 'yes']);
  });

  it('goes on after a failure, and does not run again what was completed', async () => {
    const answer = await bothWays(async (finish) => {
      const ran: string[] = [];
      let broken = true;
      const runs = (name: string) => () => {
        ran.push(name);
        if (name === 'fails' && broken) throw new Error('broken');
        return { log: [name] };
      };
      const graph = finish(
        new StateGraph(State)
          .addNode('first', runs('first'))
          .addNode('fails', async () => {
            // After its sibling, which is completed by then.
            await new Promise((resolve) => setTimeout(resolve, 5));
            return runs('fails')();
          })
          .addNode('sibling', runs('sibling'))
          .addNode('join', runs('join'))
          .addEdge(START, 'first')
          .addEdge('first', 'fails')
          .addEdge('first', 'sibling')
          .addEdge(['fails', 'sibling'], 'join')
          .compile(checkpointer()),
      );
      const reason = await reasonOf(graph.invoke({ n: 1 }, { ...thread('t'), durability: 'sync' }));
      broken = false;
      return { reason, ran, end: await graph.invoke(null, thread('t')) };
    });
    expect(answer.reason).toEqual(new Error('broken'));
    expect(answer.ran).toEqual(['first', 'sibling', 'fails', 'fails', 'join']);
    expect(answer.end.log).toEqual(['first', 'fails', 'sibling', 'join']);
  });

  it('is forked from a checkpoint by an update as one of its nodes, whose router decides again', async () => {
    const answer = await bothWays(async (finish) => {
      const graph = finish(
        new StateGraph(State)
          .addNode('a', logs('a'))
          .addNode('small', logs('small'))
          .addNode('large', logs('large'))
          .addEdge(START, 'a')
          .addConditionalEdges('a', ({ n }) => (n > 5 ? 'large' : 'small'), ['small', 'large'])
          .compile(checkpointer()),
      );
      await graph.invoke({ n: 1 }, thread('t'));
      const history = [];
      for await (const state of graph.getStateHistory(thread('t'))) history.push(state);
      const beforeSmall = history.find(({ next }) => next.includes('small'))!;
      const fork = await graph.updateState(beforeSmall.config, { n: 9, log: ['forked'] }, 'a');
      const { next } = await graph.getState(fork);
      return {
        states: history.map(({ values, next }) => ({ values, next })),
        next,
        end: await graph.invoke(null, fork),
      };
    });
    expect(answer.states.map(({ next }) => next)).toEqual([[], ['small'], ['a'], ['__start__']]);
    expect(answer.next).toEqual(['large']);
    expect(answer.end).toEqual({ n: 9, log: ['a', 'forked', 'large'] });
  });
});

/** Interrupts are named by a hash of the checkpoint's random id. */
function withoutIds(value: unknown): string {
  return JSON.stringify(value).replaceAll(/"id":"\w+"/g, '"id":"#"');
}
