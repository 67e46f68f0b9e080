import { type JsonObject } from '../../../src/common/json.js';
import { specOf } from '../../support/factories.js';

/** A shape of workflow whose runs are killed. What a run of it does depends on its inputs and on nothing else. */
export interface Graph {
  readonly name: string;
  /** How many calls a run makes that nobody disturbs. */
  readonly calls: number;
  readonly spec: JsonObject;
  /** A workflow that the spec calls by `CHILD`, published first. */
  readonly child?: JsonObject;
  /** Approvals of the spec in the order in which they are answered, all when the run waits for all of them. */
  readonly approvals?: readonly string[];
}

/** Stands for the id of the child workflow. */
export const CHILD = 'wf_00000000-0000-7000-8000-000000000000';

const inputs = {
  type: 'object',
  required: ['peer', 'target'],
  properties: { peer: { type: 'string' }, target: { type: 'string' } },
};

function graphSpec(nodes: unknown[], output: unknown): JsonObject {
  return specOf(nodes, { inputs, output });
}

/** A call of the peer, which answers with the value that it is sent; `how` is what else it does. */
function call(id: string, value: unknown, how = 'call') {
  return {
    id,
    type: 'tool',
    tool: 'http.request',
    inputs: { method: 'POST', url: `\${inputs.peer}/${how}/\${inputs.target}`, body: { value } },
  };
}

/** One more than the call before gave. */
const after = (id: string, before: string) => call(id, `\${${before}.body.value + 1}`);

const child = graphSpec([call('inner', 20), after('innermost', 'inner')], '${innermost.body.value}');

const callChild = (id: string) => ({
  id,
  type: 'workflow',
  workflow_id: CHILD,
  inputs: { peer: '${inputs.peer}', target: '${inputs.target}' },
});

export const graphs: readonly Graph[] = [
  {
    name: 'a chain of five calls',
    calls: 5,
    spec: graphSpec(
      [call('a', 1), after('b', 'a'), after('c', 'b'), after('d', 'c'), after('e', 'd')],
      '${e.body.value}',
    ),
  },
  {
    name: 'branches',
    calls: 4,
    spec: graphSpec(
      [
        call('first', 1),
        { id: 'whether', type: 'if', condition: 'first.body.value > 0', then: [after('yes', 'first')], else: [] },
        {
          id: 'which',
          type: 'switch',
          cases: [
            { when: 'first.body.value > 1', nodes: [call('many', 3)] },
            { when: 'first.body.value > 0', nodes: [call('few', 4), after('fewer', 'few')] },
          ],
        },
      ],
      ['${whether}', '${which}'].map((value) => `${value.slice(0, -1)}.body.value}`),
    ),
  },
  {
    name: 'branches side by side',
    calls: 6,
    spec: graphSpec(
      [
        {
          id: 'all',
          type: 'parallel',
          branches: {
            left: [call('l', 1), after('ll', 'l')],
            middle: [call('m', 10), after('mm', 'm')],
            right: [call('r', 100), after('rr', 'r')],
          },
        },
      ],
      ['${all.left.body.value}', '${all.middle.body.value}', '${all.right.body.value}'],
    ),
  },
  {
    name: 'for each of eight',
    calls: 8,
    spec: graphSpec(
      [
        {
          id: 'all',
          type: 'for_each',
          items: '[1, 2, 3, 4, 5, 6, 7, 8]',
          as: 'item',
          max_concurrency: 3,
          nodes: [call('send', '${item * 10}')],
          collect: 'send.body.value',
        },
      ],
      '${all}',
    ),
  },
  {
    name: 'loops in loops',
    calls: 8,
    spec: graphSpec(
      [
        {
          id: 'outer',
          type: 'for_each',
          items: '[1, 2]',
          as: 'i',
          max_concurrency: 2,
          nodes: [
            {
              id: 'inner',
              type: 'for_each',
              items: '[3, 4]',
              as: 'j',
              max_concurrency: 1,
              nodes: [
                {
                  id: 'again',
                  type: 'repeat',
                  until: 'false',
                  max_iterations: 2,
                  nodes: [call('send', '${i * j}')],
                },
              ],
              collect: 'again.body.value',
            },
          ],
        },
      ],
      '${outer}',
    ),
  },
  {
    name: 'rounds with pauses',
    calls: 5,
    spec: graphSpec(
      [
        {
          id: 'again',
          type: 'repeat',
          until: 'false',
          max_iterations: 4,
          delay: '50ms',
          nodes: [call('round', 7)],
        },
        after('last', 'again'),
      ],
      '${last.body.value}',
    ),
  },
  {
    name: 'a node that fails twice',
    calls: 5,
    spec: graphSpec(
      [
        call('first', 1),
        { ...call('flaky', 5, 'flaky'), retry: { max_attempts: 6, initial_interval: '50ms', max_interval: '50ms' } },
        after('last', 'flaky'),
      ],
      '${last.body.value}',
    ),
  },
  {
    name: 'a run that fails',
    calls: 2,
    spec: graphSpec([call('first', 1), call('refused', 2, 'refuse'), after('never', 'first')], null),
  },
  {
    name: 'a child run',
    calls: 4,
    child,
    spec: graphSpec([call('before', 1), callChild('child'), call('behind', '${child + 1}')], '${behind.body.value}'),
  },
  {
    name: 'a wait',
    calls: 3,
    spec: graphSpec(
      [call('before', 1), { id: 'rest', type: 'wait', for: '1s' }, after('behind', 'before'), after('last', 'behind')],
      '${last.body.value}',
    ),
  },
  {
    name: 'nothing but values',
    calls: 0,
    spec: graphSpec(
      [
        { id: 'a', type: 'set', value: 1 },
        { id: 'b', type: 'set', value: '${a + 1}' },
      ],
      '${b}',
    ),
  },
  {
    name: 'two approvals at once',
    calls: 4,
    approvals: ['second', 'first'],
    spec: graphSpec(
      [
        {
          id: 'both',
          type: 'parallel',
          branches: {
            one: [call('a', 1), { id: 'first', type: 'approval', title: 'First?' }, after('b', 'a')],
            two: [call('c', 3), { id: 'second', type: 'approval', title: 'Second?' }, after('d', 'c')],
          },
        },
      ],
      ['${both.one.body.value}', '${both.two.body.value}'],
    ),
  },
];

export function graphNamed(name: string): Graph {
  const graph = graphs.find((one) => one.name === name);
  if (!graph) throw new Error(`there is no graph "${name}"`);
  return graph;
}
