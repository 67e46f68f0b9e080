// The peer of durable-5: the same five steps as a plain StateGraph with LangGraph's own PostgreSQL saver.
import { randomUUID } from 'node:crypto';
import { Annotation, END, START, StateGraph } from '@langchain/langgraph';
import { PostgresSaver } from '@langchain/langgraph-checkpoint-postgres';
import pg from 'pg';
import { serveBare } from './support/bare-server.js';

const State = Annotation.Root({ inputs: Annotation<unknown>, number: Annotation<number> });
const next = ({ number }: typeof State.State) => ({ number: number + 1 });

// Twenty connections were no faster, fifty slower at 50 clients.
const saver = new PostgresSaver(new pg.Pool({ connectionString: process.env.DATABASE_URL, max: 10 }));
await saver.setup();

const graph = new StateGraph(State)
  .addNode('one', next)
  .addNode('two', next)
  .addNode('three', next)
  .addNode('four', next)
  .addNode('five', next)
  .addEdge(START, 'one')
  .addEdge('one', 'two')
  .addEdge('two', 'three')
  .addEdge('three', 'four')
  .addEdge('four', 'five')
  .addEdge('five', END)
  .compile({ checkpointer: saver });

serveBare(async (inputs) => {
  const config = { configurable: { thread_id: randomUUID() }, durability: 'sync' as const };
  const { number } = await graph.invoke({ inputs, number: 0 }, config);
  return { outputs: number, inputs };
});
