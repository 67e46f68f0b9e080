import { parseExpression } from '../expressions/expression.js';
import { type Block, type NodeSpec } from '../spec/workflow-spec.js';
import { blockSchema, defineControl, expressionSchema } from './define-node.js';
import { block, elements, expression } from './place.js';

interface SwitchNode extends NodeSpec {
  readonly cases: readonly { readonly when: string; readonly nodes: Block }[];
  readonly default?: Block;
}

export const switchNode = defineControl<SwitchNode>({
  key: 'switch',
  title: 'Switch',
  description:
    'Runs the first case whose `when` is true, else `default`. Its value is that of the block that ran, or null.',
  fields: {
    cases: {
      type: 'array',
      minItems: 1,
      maxItems: 100,
      items: {
        type: 'object',
        additionalProperties: false,
        required: ['when', 'nodes'],
        properties: { when: expressionSchema, nodes: blockSchema },
      },
    },
    default: blockSchema,
  },
  required: ['cases'],
  example: {
    id: 'size',
    type: 'switch',
    cases: [{ when: 'inputs.n > 100', nodes: [{ id: 'large', type: 'set', value: 'large' }] }],
    default: [{ id: 'small', type: 'set', value: 'small' }],
  },
  places: (node) => [
    ...elements('/cases', node.cases).flatMap(({ pointer, element }) => [
      ...expression(`${pointer}/when`, element.when, 'bool'),
      ...block(`${pointer}/nodes`, element.nodes),
    ]),
    ...block('/default', node.default),
  ],
  valueSchema: () => true,
  flow(node) {
    const conditions = node.cases.map((one) => parseExpression(one.when));
    return {
      kind: 'branch',
      blocks: {
        ...Object.fromEntries(node.cases.map((one, index) => [index, one.nodes])),
        default: node.default ?? [],
      },
      choose(scope) {
        const match = conditions.findIndex((condition) => condition.evaluate(scope) === true);
        return match === -1 ? 'default' : String(match);
      },
    };
  },
});
