import { parseDuration } from '../../common/duration.js';
import { type Json } from '../../common/json.js';
import { parseTemplate } from '../expressions/template.js';
import { limits } from '../spec/limits.js';
import { type NodeSpec } from '../spec/workflow-spec.js';
import { defineLeaf } from './define-node.js';
import { NodeError } from './node-error.js';
import { template } from './place.js';

interface WaitNode extends NodeSpec {
  readonly for?: string;
  readonly until?: string;
}

const dateTime = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})$/;

export const waitNode = defineLeaf<WaitNode>({
  key: 'wait',
  title: 'Wait',
  description:
    'Goes on after a time (`for`, such as `2h`) or at a time (`until`, ISO 8601 with an offset). The run is WAITING and ' +
    'holds no worker meanwhile. Its value is `{resumed_at}`.',
  fields: {
    for: { type: 'string', minLength: 1, description: 'A duration such as `20s`, `5m`, `2h` or `30d`, or a template.' },
    until: { type: 'string', minLength: 1, description: 'A time such as `2027-01-01T09:00:00Z`, or a template.' },
  },
  required: [],
  oneOf: ['for', 'until'],
  example: { id: 'cool_down', type: 'wait', for: '2h' },
  places: (node) => [...template('/for', node.for), ...template('/until', node.until)],
  valueSchema: () => ({ type: 'object', properties: { resumed_at: { type: 'string' } }, required: ['resumed_at'] }),
  prepare(node) {
    const time = parseTemplate(node.for ?? node.until ?? null);
    return ({ scope, pause }) => {
      const end = pause(() => ({ type: 'timer', until: untilOf(node, time.evaluate(scope)) }));
      return { resumed_at: 'due' in end ? end.due : end.answer.at };
    };
  },
});

function untilOf(node: WaitNode, given: Json): string {
  const text = typeof given === 'string' ? given.trim() : JSON.stringify(given);
  const now = Date.now();
  const at = node.for === undefined ? timeOf(text) : now + (parseDuration(text) ?? NaN);
  if (!Number.isFinite(at)) {
    const wanted =
      node.for === undefined
        ? '"until" must be a time such as 2027-01-01T09:00:00Z, with an offset'
        : '"for" must be a duration such as 20s, 5m, 2h or 30d';
    throw new NodeError('expression-type', `${node.id}: ${wanted}; it is ${text.slice(0, 100)}.`);
  }
  if (at > now + limits.runLifetime) {
    throw new NodeError(
      'wait-too-long',
      `${node.id} would wait until ${new Date(at).toISOString()}: a run lives 30 days.`,
    );
  }
  return new Date(at).toISOString();
}

function timeOf(text: string): number {
  return dateTime.test(text) ? Date.parse(text) : NaN;
}
