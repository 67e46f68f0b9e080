import { durationPattern } from '../../common/duration.js';
import { type JsonSchema, schemaValidator, type SchemaValidator } from '../../common/json-schema.js';
import { LruCache } from '../../common/lru-cache.js';
import { expressionSchema, type NodeType } from '../nodes/define-node.js';
import { limits } from '../spec/limits.js';

const duration: JsonSchema = { type: 'string', pattern: durationPattern, description: 'Such as `500ms`, `20s`, `1h`.' };

/** The top level of a spec; nodes are checked one by one against the schema of their type. */
export const specSchema: JsonSchema = {
  type: 'object',
  additionalProperties: false,
  required: ['version', 'nodes'],
  properties: {
    version: { const: '1' },
    inputs: { type: ['object', 'boolean'], description: "JSON Schema (2020-12) of a run's inputs." },
    nodes: { type: 'array' },
    output: true,
    settings: { type: 'object', additionalProperties: false, properties: { timeout: duration } },
  },
};

/** The fields that every node has. */
export const commonNodeFields: Readonly<Record<string, JsonSchema>> = {
  id: { type: 'string', pattern: '^[a-z][a-z0-9_]{0,62}$' },
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
  on_error: { anyOf: [{ enum: ['fail', 'continue'] }, { type: 'array', minItems: 1 }] },
};

/** JSON Schema of a node of this type, its own level only; also shown in the catalogue. */
export function nodeSchema(type: NodeType): JsonSchema {
  return {
    type: 'object',
    additionalProperties: false,
    required: ['id', 'type', ...type.required],
    properties: { ...commonNodeFields, ...type.fields, type: { const: type.key } },
  };
}

const anyNode = schemaValidator({ type: 'object', required: ['id', 'type'], properties: commonNodeFields });
const validators = new LruCache<NodeType, SchemaValidator>(200);

/** The validator for a node; of an unknown type only the common fields are checked. */
export function nodeValidator(type: NodeType | undefined): SchemaValidator {
  return type ? validators.getOrMake(type, () => schemaValidator(nodeSchema(type))) : anyNode;
}
