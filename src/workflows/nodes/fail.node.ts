import { parseTemplate } from '../expressions/template.js';
import { type NodeSpec } from '../spec/workflow-spec.js';
import { defineLeaf } from './define-node.js';
import { NodeError } from './node-error.js';
import { template } from './place.js';

interface FailNode extends NodeSpec {
  readonly message: string;
}

export const failNode = defineLeaf<FailNode>({
  key: 'fail',
  title: 'Fail',
  description: 'Ends the run here as FAILED with this message; an `on_error` around it sees it like any other failure.',
  fields: { message: { type: 'string', minLength: 1, maxLength: 10_000 } },
  required: ['message'],
  example: { id: 'no_rows', type: 'fail', message: 'No rows for ${inputs.day}' },
  places: (node) => template('/message', node.message),
  valueSchema: () => true,
  prepare(node) {
    const message = parseTemplate(node.message);
    return ({ scope }) => {
      const text = message.evaluate(scope);
      throw new NodeError('failed', typeof text === 'string' ? text : JSON.stringify(text));
    };
  },
});
