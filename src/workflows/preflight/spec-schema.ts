import { durationPattern } from '../../common/duration.js';
import { type JsonSchema, type SchemaValidator } from '../../common/json-schema.js';
import { LruCache } from '../../common/lru-cache.js';
import { expressionSchema, type NodeType } from '../nodes/define-node.js';
import { limits } from '../spec/limits.js';
import { namePattern, nameRule } from '../spec/names.js';
import { onLimits, onReauths } from '../spec/workflow-spec.js';
import { explainingValidator } from './explain-fault.js';

const duration: JsonSchema = {
  type: 'string',
  pattern: durationPattern,
  description: 'A number and a unit, such as 500ms, 20s, 5m or 1h.',
};

const concurrency: JsonSchema = {
  type: 'object',
  additionalProperties: false,
  required: ['key', 'limit'],
  properties: {
    key: expressionSchema,
    limit: { type: 'integer', minimum: 1, maximum: limits.concurrentRuns },
    on_limit: { enum: [...onLimits] },
  },
};

/** The top level of a spec; nodes are checked one by one against the schema of their type. */
const specSchema: JsonSchema = {
  type: 'object',
  additionalProperties: false,
  required: ['version', 'nodes'],
  properties: {
    version: { const: '1' },
    inputs: { type: ['object', 'boolean'], description: "JSON Schema (2020-12) of a run's inputs." },
    nodes: { type: 'array' },
    output: true,
    settings: {
      type: 'object',
      additionalProperties: false,
      properties: {
        timeout: duration,
        concurrency,
        on_reauth: { enum: [...onReauths] },
        token_budget: { type: 'integer', minimum: 1, maximum: 1_000_000_000 },
      },
    },
  },
};

export const specValidator: SchemaValidator = explainingValidator(specSchema);

/** The fields that every node has. */
export const commonNodeFields: Readonly<Record<string, JsonSchema>> = {
  id: { type: 'string', pattern: namePattern, description: `Unique in the spec: ${nameRule}.` },
  type: { type: 'string' },
  name: { type: 'string', maxLength: 255 },
  description: { type: 'string', maxLength: 10_000 },
  when: expressionSchema,
  retry: {
    type: 'object',
    additionalProperties: false,
    required: ['max_attempts'],
    properties: {
      max_attempts: { type: 'integer', minimum: 1, maximum: limits.attempts },
      initial_interval: duration,
      backoff: { type: 'number', minimum: 1, maximum: 10 },
      max_interval: duration,
    },
  },
  timeout: duration,
  on_error: {
    if: { type: 'array' },
    then: { minItems: 1 },
    else: { enum: ['fail', 'continue'] },
    description: 'A list of nodes is possible too: they run instead of the node that failed.',
  },
};

/** JSON Schema of a node of this type, its own level only; also shown in the catalogue. */
export function nodeSchema(type: NodeType): JsonSchema {
  return {
    type: 'object',
    additionalProperties: false,
    required: ['id', 'type', ...type.required],
    properties: { ...commonNodeFields, ...type.fields, type: { const: type.key } },
    ...(type.oneOf && { oneOf: type.oneOf.map((field) => ({ required: [field] })) }),
  };
}

const anyNode = explainingValidator({ type: 'object', required: ['id', 'type'], properties: commonNodeFields });
const validators = new LruCache<NodeType, SchemaValidator>(200);

/** The validator for a node; of an unknown type only the common fields are checked. */
export function nodeValidator(type: NodeType | undefined): SchemaValidator {
  return type ? validators.getOrMake(type, () => explainingValidator(fieldsOf(type))) : anyNode;
}

/** Without `oneOf`: the shape check says in words what that means. */
function fieldsOf(type: NodeType): JsonSchema {
  const { oneOf: _oneOf, ...schema } = nodeSchema(type) as Record<string, unknown>;
  return schema as JsonSchema;
}
