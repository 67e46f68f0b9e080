import { type Json, type JsonObject } from '../../common/json.js';
import { type JsonSchema } from '../../common/json-schema.js';
import { modelNeeds } from '../../integrations/index.js';
import { parseTemplate } from '../expressions/template.js';
import { type NodeSpec } from '../spec/workflow-spec.js';
import { defineLeaf } from './define-node.js';
import { converse } from './llm-conversation.js';
import { type LlmTool, prepareTools, toolPlaces, toolUses } from './llm-tools.js';
import { conversationOf, messagesSchema } from './llm-messages.js';
import { template } from './place.js';
import { credentialFields } from './tool.node.js';

interface LlmNode extends NodeSpec {
  readonly model: string;
  readonly prompt?: string;
  readonly messages?: Json;
  readonly system?: string;
  readonly output_schema?: JsonSchema;
  readonly temperature?: number;
  readonly max_tokens?: number;
  readonly tools?: readonly (string | LlmTool)[];
  readonly max_rounds?: number;
  readonly resource?: string;
}

/** Rounds of a conversation with tools, when the node does not say. */
const DEFAULT_ROUNDS = 10;

const text = { type: 'string', minLength: 1, maxLength: 200_000 } as const;

export const llmNode = defineLeaf<LlmNode>({
  key: 'llm',
  title: 'Ask a language model',
  description:
    'Asks a model of a resource of type `openai_compatible` or `anthropic`. Its value is `{text}`, or with `output_schema` the ' +
    'object that satisfies it. With `tools`, the model may call them, several rounds long; every round and every call is a ' +
    'step of its own, which a crash does not repeat. The tokens it used are in `usage` of its steps.',
  fields: {
    model: { type: 'string', minLength: 1, maxLength: 200, description: 'As the provider calls it.' },
    prompt: { ...text, description: 'What to ask, with `${…}` expressions inside.' },
    messages: messagesSchema,
    system: { ...text, description: 'Instructions that stand before the conversation.' },
    output_schema: { type: 'object', description: 'JSON Schema of the answer; the model is held to it.' },
    temperature: { type: 'number', minimum: 0, maximum: 2 },
    max_tokens: { type: 'integer', minimum: 1, maximum: 1_000_000, description: 'Most tokens of one answer.' },
    tools: {
      type: 'array',
      maxItems: 50,
      items: {
        anyOf: [
          { type: 'string' },
          {
            type: 'object',
            additionalProperties: false,
            required: ['tool'],
            properties: {
              tool: { type: 'string' },
              name: { type: 'string', pattern: '^[a-zA-Z0-9_-]{1,64}$', description: 'What the model calls it.' },
              description: { type: 'string', maxLength: 4_000, description: "In place of the tool's own." },
              inputs: { type: 'object', description: 'Inputs that the model neither sees nor chooses.' },
              ...credentialFields,
            },
          },
        ],
      },
      description: 'What the model may call: keys of tools, or objects that name a tool and what is fixed of it.',
    },
    max_rounds: { type: 'integer', minimum: 1, maximum: 50, description: 'Answers at most, 10 when left out.' },
    resource: credentialFields.resource!,
  },
  required: ['model'],
  oneOf: ['prompt', 'messages'],
  schemas: ['output_schema'],
  example: {
    id: 'mood',
    type: 'llm',
    model: 'gpt-4.1-mini',
    prompt: 'How does the writer of this mail feel? ${inputs.mail}',
    output_schema: { type: 'object', required: ['mood'], properties: { mood: { enum: ['glad', 'angry', 'neither'] } } },
  },
  places: (node) => [
    ...template('/prompt', node.prompt),
    ...template('/messages', node.messages),
    ...template('/system', node.system),
    ...toolPlaces(node.tools),
  ],
  uses: (node) => [
    { what: modelNeeds, pointer: '', ...(typeof node.resource === 'string' && { resource: node.resource }) },
    ...toolUses(node.tools),
  ],
  valueSchema: ({ output_schema: schema }) => schema ?? textSchema,
  effect: () => 'write',
  prepare(node, tools) {
    const { model, resource, output_schema: outputSchema, temperature, max_tokens: maxTokens } = node;
    const question = { nodeId: node.id, model, resource, outputSchema, temperature, maxTokens };
    const texts = parseTemplate(textsOf(node));
    const known = prepareTools(node.tools, tools);
    const maxRounds = node.max_rounds ?? DEFAULT_ROUNDS;
    return (execution) => {
      const evaluated = texts.evaluate(execution.scope) as JsonObject;
      execution.showInputs({ model, ...evaluated });
      return converse(execution, {
        question: { ...question, messages: conversationOf(evaluated) },
        tools: known,
        maxRounds,
      });
    };
  },
});

const textSchema: JsonSchema = {
  type: 'object',
  additionalProperties: false,
  required: ['text'],
  properties: { text: { type: 'string' } },
};

function textsOf({ prompt, messages, system }: LlmNode): JsonObject {
  return {
    ...(system !== undefined && { system }),
    ...(prompt !== undefined && { prompt }),
    ...(messages !== undefined && { messages }),
  };
}
