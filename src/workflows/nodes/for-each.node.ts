import { parseExpression } from '../expressions/expression.js';
import { limits } from '../spec/limits.js';
import { namePattern } from '../spec/names.js';
import { type Block, type NodeSpec } from '../spec/workflow-spec.js';
import { blockSchema, defineControl, expressionSchema } from './define-node.js';
import { NodeError } from './node-error.js';
import { block, expression } from './place.js';

interface ForEachNode extends NodeSpec {
  readonly items: string;
  readonly as: string;
  readonly index_as?: string;
  readonly nodes: Block;
  readonly max_concurrency?: number;
  readonly max_items?: number;
  readonly collect?: string;
}

const variable = { type: 'string', pattern: namePattern, description: 'A name for use inside the block.' };

export const forEachNode = defineControl<ForEachNode>({
  key: 'for_each',
  title: 'For each',
  description:
    'Runs its block once for each item, up to `max_concurrency` (10) at a time. Its value is the list of the values of ' +
    'the rounds in the order of the items: of `collect` where given, else of the last node.',
  fields: {
    items: expressionSchema,
    as: variable,
    index_as: variable,
    nodes: blockSchema,
    max_concurrency: { type: 'integer', minimum: 1, maximum: 100 },
    max_items: { type: 'integer', minimum: 1, maximum: limits.items },
    collect: expressionSchema,
  },
  required: ['items', 'as', 'nodes'],
  example: {
    id: 'doubled',
    type: 'for_each',
    items: 'inputs.numbers',
    as: 'n',
    nodes: [{ id: 'double', type: 'set', value: '${n * 2}' }],
  },
  places: (node) => [
    ...expression('/items', node.items, 'list'),
    ...block('/nodes', node.nodes, {
      binds: {
        ...(typeof node.as === 'string' && { [node.as]: true }),
        ...(typeof node.index_as === 'string' && { [node.index_as]: { type: 'integer' } }),
      },
      atEnd: expression('/collect', node.collect),
      times: node.max_items ?? limits.defaultItems,
    }),
  ],
  valueSchema: (node, { blocks }) => ({
    type: 'array',
    items: node.collect === undefined ? (blocks.get('/nodes') ?? true) : true,
  }),
  flow(node) {
    const items = parseExpression(node.items);
    const collect = node.collect === undefined ? undefined : parseExpression(node.collect);
    const most = node.max_items ?? limits.defaultItems;
    return {
      kind: 'fan-out',
      blocks: { nodes: node.nodes },
      concurrency: node.max_concurrency ?? 10,
      open(scope) {
        const list = items.evaluate(scope);
        if (!Array.isArray(list)) {
          throw new NodeError('expression-type', `"items" of ${node.id} must give a list, it gave ${typeof list}`);
        }
        if (list.length > most) {
          throw new NodeError('too-many-items', `${node.id} has ${list.length} items, max_items is ${most}`);
        }
        return list.map((item, index) => ({
          block: 'nodes',
          index,
          binds: { [node.as]: item, ...(node.index_as && { [node.index_as]: index }) },
        }));
      },
      laneValue: collect && ((scope) => collect.evaluate(scope)),
      collect: (values) => values,
    };
  },
});
