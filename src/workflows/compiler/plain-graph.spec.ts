import { CompiledStateGraph } from '@langchain/langgraph';
import { finishGraphs } from './memory-journal.spec-helper.js';
// What these say of lean graphs is said again here, of plain ones.
import './compile-workflow.spec.js';
import './failures.spec.js';
import './replay.spec.js';

let plainGraphs = 0;

finishGraphs((graph) => {
  expect(graph).toBeInstanceOf(CompiledStateGraph);
  plainGraphs += 1;
  return graph;
});

describe('the graphs of these tests', () => {
  it('are those that we have when the version of LangGraph is not the one we know', () => {
    expect(plainGraphs).toBeGreaterThan(0);
  });
});
