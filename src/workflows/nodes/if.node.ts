import { parseExpression } from '../expressions/expression.js';
import { type Block, type NodeSpec } from '../spec/workflow-spec.js';
import { blockSchema, defineControl, expressionSchema } from './define-node.js';
import { block, expression } from './place.js';

interface IfNode extends NodeSpec {
  readonly condition: string;
  readonly then: Block;
  readonly else?: Block;
}

export const ifNode = defineControl<IfNode>({
  key: 'if',
  title: 'If',
  description: 'Runs `then` when the condition is true, else `else`. Its value is that of the block that ran, or null.',
  fields: { condition: expressionSchema, then: blockSchema, else: blockSchema },
  required: ['condition', 'then'],
  example: {
    id: 'alert',
    type: 'if',
    condition: 'size(inputs.rows) > 0',
    then: [{ id: 'many', type: 'set', value: 'rows came' }],
    else: [{ id: 'none', type: 'set', value: 'nothing came' }],
  },
  places: (node) => [
    ...expression('/condition', node.condition, 'bool'),
    ...block('/then', node.then),
    ...block('/else', node.else),
  ],
  valueSchema: () => true,
  flow(node) {
    const condition = parseExpression(node.condition);
    return {
      kind: 'branch',
      blocks: { then: node.then, else: node.else ?? [] },
      choose: (scope) => (condition.evaluate(scope) === true ? 'then' : 'else'),
    };
  },
});
