import { Annotation } from '@langchain/langgraph';
import { leanNodes } from './lean-nodes.js';

/** State of the graphs of these tests: a log of who ran, and a number to decide by. */
export const State = Annotation.Root({
  n: Annotation<number>(),
  log: Annotation<string[]>({ reducer: (log, more) => [...log, ...more], default: () => [] }),
});

export type StateValue = typeof State.State;

/** A node that only logs. */
export const logs = (line: string) => () => ({ log: [line] });

export const thread = (id: string) => ({ configurable: { thread_id: id } });

/** Makes a compiled graph lean, or leaves it plain. */
export type Finish = <Graph extends object>(graph: Graph) => Graph;

const plain: Finish = (graph) => graph;
const lean: Finish = (graph) => {
  expect(leanNodes(graph)).toBe(true);
  return graph;
};

/** @returns what the scenario gives, which is the same on plain and on lean graphs */
export async function bothWays<Answer>(scenario: (finish: Finish) => Promise<Answer>): Promise<Answer> {
  const answer = await scenario(plain);
  expect(await scenario(lean)).toEqual(answer);
  return answer;
}

/** What a promise was rejected with. */
export async function reasonOf(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (reason) {
    return reason;
  }
  throw new Error('It was not rejected.');
}
