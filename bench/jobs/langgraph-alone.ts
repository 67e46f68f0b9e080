import { Annotation, END, START, StateGraph } from '@langchain/langgraph';
import { type ComparedJob, type Wanted } from '../support/bench-job.js';
import { type Measured } from '../support/load.js';
import { inputs } from '../support/specs.js';

const State = Annotation.Root({
  inputs: Annotation<typeof inputs>,
  net: Annotation<number>,
  gross: Annotation<number>,
  note: Annotation<{ to: string; text: string }>,
});

/** The transforms of sync-run as a plain StateGraph, each a node. */
const graph = new StateGraph(State)
  .addNode('first', ({ inputs: { prices } }) => ({ net: prices.reduce((sum, price) => sum + price, 0) }))
  .addNode('second', ({ net, inputs: { country } }) => ({ gross: net * (country === 'PT' ? 1.23 : 1.2) }))
  .addNode('third', ({ gross, inputs: { customer } }) => ({ note: { to: customer, text: `You owe ${gross}.` } }))
  .addEdge(START, 'first')
  .addEdge('first', 'second')
  .addEdge('second', 'third')
  .addEdge('third', END)
  .compile();

export const langgraphAlone: ComparedJob = {
  name: 'langgraph-alone',
  about: 'the same transforms as a plain StateGraph, without HTTP and database',
  enter: () => Promise.resolve({ measure: invoke }),
};

async function invoke({ concurrency, seconds = Infinity, count = Infinity }: Wanted): Promise<Measured> {
  const start = performance.now();
  const until = start + seconds * 1_000;
  const milliseconds: number[] = [];
  let left = count;
  const client = async (): Promise<void> => {
    for (let now = performance.now(); now < until && left-- > 0;) {
      await graph.invoke({ inputs });
      const end = performance.now();
      milliseconds.push(end - now);
      now = end;
    }
  };
  await Promise.all(Array.from({ length: concurrency }, client));
  return {
    count: milliseconds.length,
    seconds: (performance.now() - start) / 1_000,
    milliseconds: Float64Array.from(milliseconds).sort(),
  };
}
