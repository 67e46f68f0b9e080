import { durationPattern, parseDuration } from '../../common/duration.js';
import { type Json, type JsonObject } from '../../common/json.js';
import { type JsonSchema } from '../../common/json-schema.js';
import { parseTemplate } from '../expressions/template.js';
import { limits } from '../spec/limits.js';
import { type NodeSpec } from '../spec/workflow-spec.js';
import { defineLeaf } from './define-node.js';
import { NodeError } from './node-error.js';
import { template } from './place.js';

interface ApprovalNode extends NodeSpec {
  readonly title: string;
  readonly form?: JsonSchema;
  readonly on_timeout?: 'reject' | 'fail';
}

export const approvalNode = defineLeaf<ApprovalNode>({
  key: 'approval',
  title: 'Ask for approval',
  description:
    'Waits until somebody says yes or no: by the link in the `waiting_for` of the run, or by `POST /v1/runs/{id}/resume`. ' +
    'The run is WAITING and holds no worker meanwhile. Its value is `{approved, by, at, form}`; after `timeout` it is ' +
    '`approved: false`, or the node fails when `on_timeout` is `fail`.',
  fields: {
    title: { type: 'string', minLength: 1, maxLength: 1_000, description: 'What is asked, as a template.' },
    description: { type: 'string', maxLength: 10_000, description: 'More about it, as a template.' },
    form: {
      type: 'object',
      description: 'JSON Schema of an object that the answer to an approval must satisfy, shown as a form.',
    },
    timeout: { type: 'string', pattern: durationPattern, description: 'How long it waits; 30 days when left out.' },
    on_timeout: { enum: ['reject', 'fail'], description: '`reject` when left out.' },
  },
  required: ['title'],
  schemas: ['form'],
  example: { id: 'ok', type: 'approval', title: 'Refund order ${inputs.id}?', timeout: '2d' },
  places: (node) => [...template('/title', node.title), ...template('/description', node.description)],
  valueSchema: (node) => ({
    type: 'object',
    required: ['approved', 'by', 'at', 'form'],
    properties: { approved: { type: 'boolean' }, by: true, at: { type: 'string' }, form: node.form ?? true },
  }),
  prepare(node) {
    const title = parseTemplate(node.title);
    const description = parseTemplate(node.description ?? '');
    const wait = Math.min(parseDuration(node.timeout ?? '') ?? Infinity, limits.runLifetime);
    return ({ scope, pause }) => {
      const end = pause(() => ({
        type: 'approval',
        title: textOf(title.evaluate(scope)),
        description: textOf(description.evaluate(scope)),
        ...(node.form !== undefined && { form: JSON.stringify(node.form) }),
        until: new Date(Date.now() + wait).toISOString(),
      }));
      if ('answer' in end) {
        const { approved = false, form = null } = end.answer.value as JsonObject;
        return { approved, by: end.answer.by ?? null, at: end.answer.at, form };
      }
      if (node.on_timeout === 'fail') {
        throw new NodeError('approval-timeout', `Nobody answered ${node.id} until ${end.due}.`);
      }
      return { approved: false, by: null, at: end.due, form: null };
    };
  },
});

function textOf(value: Json): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
