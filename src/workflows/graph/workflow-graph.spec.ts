import fc from 'fast-check';
import { type JsonObject } from '../../common/json.js';
import { nodeCatalogue, nodeTypes } from '../nodes/catalogue.js';
import { toMermaid } from './mermaid.js';
import { workflowGraph } from './workflow-graph.js';

const graphOf = (nodes: unknown) => workflowGraph({ version: '1', nodes } as JsonObject, nodeCatalogue);
const set = (id: string, more: object = {}) => ({ id, type: 'set', value: 1, ...more });

describe('the graph of a workflow', () => {
  it('has the nodes in order, joined by edges', () => {
    expect(graphOf([set('a'), set('b', { name: 'Second' })])).toEqual({
      nodes: [
        { id: 'a', type: 'set', name: null, parent: null, block: null },
        { id: 'b', type: 'set', name: 'Second', parent: null, block: null },
      ],
      edges: [{ source: 'a', target: 'b', label: null }],
    });
  });

  it('goes into every block, and past it', () => {
    const { nodes, edges } = graphOf([
      { id: 'choice', type: 'if', condition: 'true', then: [set('yes'), set('sure')], else: [set('no')] },
      set('after', { on_error: [set('rescue')] }),
    ]);
    expect(nodes.map(({ id, parent, block }) => [id, parent, block])).toEqual([
      ['choice', null, null],
      ['yes', 'choice', '/then'],
      ['sure', 'choice', '/then'],
      ['no', 'choice', '/else'],
      ['after', null, null],
      ['rescue', 'after', '/on_error'],
    ]);
    expect(edges).toEqual([
      { source: 'choice', target: 'yes', label: '/then' },
      { source: 'yes', target: 'sure', label: null },
      { source: 'choice', target: 'no', label: '/else' },
      { source: 'choice', target: 'after', label: null },
      { source: 'after', target: 'rescue', label: '/on_error' },
    ]);
  });

  it.each(nodeTypes.map(({ key, example }) => [key, example] as const))('shows an example of %s', (key, example) => {
    const [first] = graphOf([example]).nodes;
    expect(first).toMatchObject({ type: key, parent: null });
  });

  it('leaves out what is not a node yet', () => {
    const { nodes, edges } = graphOf([set('a'), null, 'b', {}, { id: 'no_type' }, { type: 'set' }, [], set('c')]);
    expect(nodes.map(({ id }) => id)).toEqual(['a', 'c']);
    expect(edges).toEqual([{ source: 'a', target: 'c', label: null }]);
  });

  it('never throws, whatever the draft looks like', () => {
    const type = fc.constantFrom(...nodeTypes.map(({ key }) => key), 'unknown');
    const node = fc
      .tuple(type, fc.string(), fc.object({ maxDepth: 3 }), fc.jsonValue())
      .chain(([key, id, fields, block]) =>
        fc
          .constantFrom('nodes', 'then', 'cases', 'branches', 'on_error', 'as', 'items', 'default')
          .map((field) => ({ ...fields, id, type: key, [field]: block })),
      );
    fc.assert(
      fc.property(fc.array(fc.oneof(node, fc.jsonValue())), (nodes) => {
        expect(toMermaid(graphOf(nodes))).toMatch(/^flowchart TD\n/);
      }),
    );
  });
});

describe('the Mermaid flowchart', () => {
  it('shows names and types', () => {
    expect(toMermaid(graphOf([set('a', { name: 'First step' }), set('b')]))).toBe(
      'flowchart TD\n  n0["First step (set)"]\n  n1["b (set)"]\n  n0 --> n1\n',
    );
  });

  it('says which block an edge leads into', () => {
    const graph = graphOf([{ id: 'choice', type: 'if', condition: 'true', then: [set('yes')] }]);
    expect(toMermaid(graph)).toContain('  n0 -->|"/then"| n1');
  });

  it.each(['end', 'graph', 'subgraph', 'style'])('is not confused by a node called %s, a word of Mermaid', (id) => {
    expect(toMermaid(graphOf([set(id)]))).toBe(`flowchart TD\n  n0["${id} (set)"]\n`);
  });

  it('lets no name out of its label', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (name) => {
        const lines = toMermaid(graphOf([set('a', { name })])).split('\n');
        expect(lines).toHaveLength(3);
        expect(lines[1]).toMatch(/^ {2}n0\["[^"<>[\]`{}|]*"\]$/);
      }),
    );
    for (const name of [
      '"]\n  evil["x',
      'a\r\nb',
      '`md`',
      '<img src=x onerror=alert(1)>',
      '#quot;',
      '%%{init: {}}%%',
    ]) {
      expect(toMermaid(graphOf([set('a', { name })])).split('\n')[1]).toMatch(/^ {2}n0\["[^"<>[\]`{}|%]*"\]$/);
    }
  });
});
