import { type JsonObject } from '../../common/json.js';
import { namePattern } from '../spec/names.js';
import { type Block, type NodeSpec } from '../spec/workflow-spec.js';
import { blockSchema, defineControl } from './define-node.js';
import { block, members } from './place.js';

interface ParallelNode extends NodeSpec {
  readonly branches: Readonly<Record<string, Block>>;
}

export const parallelNode = defineControl<ParallelNode>({
  key: 'parallel',
  title: 'Parallel',
  description:
    'Runs its branches side by side and waits for all. Its value is an object: name of the branch → its value.',
  fields: {
    branches: {
      type: 'object',
      minProperties: 1,
      maxProperties: 50,
      propertyNames: { pattern: namePattern },
      additionalProperties: blockSchema,
    },
  },
  required: ['branches'],
  example: {
    id: 'both',
    type: 'parallel',
    branches: { left: [{ id: 'l', type: 'set', value: 1 }], right: [{ id: 'r', type: 'set', value: 2 }] },
  },
  places: (node) => members('/branches', node.branches).flatMap(({ pointer, value }) => block(pointer, value)),
  valueSchema: (node, { blocks }) => ({
    type: 'object',
    additionalProperties: false,
    properties: Object.fromEntries(
      members('/branches', node.branches).map(({ key, pointer }) => [key, blocks.get(pointer) ?? true]),
    ),
  }),
  flow(node) {
    const names = Object.keys(node.branches);
    return {
      kind: 'fan-out',
      blocks: node.branches,
      concurrency: names.length,
      open: () => names.map((name) => ({ block: name, binds: {} })),
      collect: (values): JsonObject => Object.fromEntries(names.map((name, lane) => [name, values[lane] ?? null])),
    };
  },
});
