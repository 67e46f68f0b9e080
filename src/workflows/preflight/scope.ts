import { isJsonObject, type Json } from '../../common/json.js';
import { type JsonSchema } from '../../common/json-schema.js';

/** Names that an expression may refer to, each with the schema of its value. */
export type SchemaScope = Readonly<Record<string, JsonSchema>>;

const runSchema: JsonSchema = {
  type: 'object',
  additionalProperties: false,
  properties: {
    id: { type: 'string' },
    workflow_id: true,
    version: true,
    source: { type: 'string' },
    started_at: { type: 'string' },
    attempt: { type: 'integer' },
  },
};

/** What is known of a run before it is started. */
const newRunSchema: JsonSchema = {
  type: 'object',
  additionalProperties: false,
  properties: { workflow_id: true, version: true, source: { type: 'string' } },
};

/** What `settings.concurrency.key` sees. */
export function keyScope(inputs: Json | undefined): SchemaScope {
  return { ...startScope(inputs), run: newRunSchema };
}

/** What the first node of a workflow sees. */
export function startScope(inputs: Json | undefined): SchemaScope {
  return { inputs: isJsonObject(inputs) ? inputs : true, trigger: true, run: runSchema };
}
