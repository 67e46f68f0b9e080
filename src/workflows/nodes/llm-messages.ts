import { type Json, type JsonObject } from '../../common/json.js';
import { type JsonSchema, schemaValidator } from '../../common/json-schema.js';
import { type ModelMessage } from '../../integrations/index.js';
import { NodeError } from './node-error.js';

const conversationSchema: JsonSchema = {
  type: 'array',
  minItems: 1,
  maxItems: 1_000,
  items: {
    type: 'object',
    additionalProperties: false,
    required: ['role', 'content'],
    properties: { role: { enum: ['system', 'user', 'assistant'] }, content: { type: 'string' } },
  },
};

/** `messages` as it may stand in a spec: a conversation, or an expression that gives one. */
export const messagesSchema: JsonSchema = {
  anyOf: [{ type: 'string', minLength: 1 }, conversationSchema],
  description:
    'A conversation: `[{"role": "user", "content": "…"}]`, with expressions, or an expression that gives one.',
};

/** @throws NodeError when the messages turn out not to be a conversation */
export function conversationOf({ system, prompt, messages }: JsonObject): ModelMessage[] {
  const before: ModelMessage[] = system === undefined ? [] : [{ role: 'system', content: textOf(system) }];
  if (messages === undefined) return [...before, { role: 'user', content: textOf(prompt) }];
  const faults = schemaValidator(conversationSchema).validate(messages);
  if (faults.length > 0) {
    const what = faults.slice(0, 5).map(({ pointer, message }) => `${pointer || 'it'} ${message}`);
    throw new NodeError('input-invalid', `"messages" is no conversation: ${what.join('; ')}.`);
  }
  return [...before, ...(messages as ModelMessage[])];
}

/** A text as it is; what an expression gave besides, as JSON. */
function textOf(value: Json | undefined): string {
  return typeof value === 'string' ? value : JSON.stringify(value ?? null);
}
