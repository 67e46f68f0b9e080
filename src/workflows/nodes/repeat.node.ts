import { durationPattern, parseDuration } from '../../common/duration.js';
import { parseExpression } from '../expressions/expression.js';
import { limits } from '../spec/limits.js';
import { type Block, type NodeSpec } from '../spec/workflow-spec.js';
import { blockSchema, defineControl, expressionSchema } from './define-node.js';
import { block, expression } from './place.js';

interface RepeatNode extends NodeSpec {
  readonly nodes: Block;
  readonly until: string;
  readonly max_iterations: number;
  readonly delay?: string;
}

export const repeatNode = defineControl<RepeatNode>({
  key: 'repeat',
  title: 'Repeat',
  description:
    'Runs its block until `until` is true after a round, at most `max_iterations` times. Its value is that of the last ' +
    'round; reaching `max_iterations` is not a failure.',
  fields: {
    nodes: blockSchema,
    until: expressionSchema,
    max_iterations: { type: 'integer', minimum: 1, maximum: limits.iterations },
    delay: { type: 'string', pattern: durationPattern, description: 'Pause between two rounds.' },
  },
  required: ['nodes', 'until', 'max_iterations'],
  example: {
    id: 'poll',
    type: 'repeat',
    max_iterations: 10,
    until: 'job.body.done',
    nodes: [{ id: 'job', type: 'tool', tool: 'http.request', inputs: { url: 'https://api.example.com/job' } }],
  },
  places: (node) =>
    block('/nodes', node.nodes, {
      atEnd: expression('/until', node.until, 'bool'),
      times: typeof node.max_iterations === 'number' ? node.max_iterations : 1,
    }),
  valueSchema: (_node, { blocks }) => blocks.get('/nodes') ?? true,
  flow(node) {
    const until = parseExpression(node.until);
    return {
      kind: 'loop',
      body: node.nodes,
      maxIterations: node.max_iterations,
      delay: parseDuration(node.delay ?? '0s') ?? 0,
      until: (scope) => until.evaluate(scope) === true,
    };
  },
});
