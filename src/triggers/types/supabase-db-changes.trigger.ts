import { isJsonObject, type JsonObject } from '../../common/json.js';
import { defineTrigger } from './define-trigger.js';

interface SupabaseConfig extends JsonObject {
  table: string;
  schema: string;
  events: string[];
}

/** https://supabase.com/docs/guides/database/webhooks */
export const supabaseDbChanges = defineTrigger<SupabaseConfig>({
  key: 'supabase_db_changes',
  title: 'Changed rows in Supabase',
  description:
    'A database webhook of Supabase: give it the link of this subscription and the HTTP header `Authorization: Bearer <secret>` ' +
    'with its secret. Supabase sends no ids, so the same change of the same row within 24 hours counts once.',
  mode: 'webhook',
  config: {
    required: ['table'],
    properties: {
      table: { type: 'string', minLength: 1, maxLength: 63 },
      schema: { type: 'string', minLength: 1, maxLength: 63, default: 'public' },
      events: {
        type: 'array',
        minItems: 1,
        uniqueItems: true,
        items: { enum: ['INSERT', 'UPDATE', 'DELETE'] },
        default: ['INSERT', 'UPDATE', 'DELETE'],
      },
    },
  },
  event: {
    type: 'object',
    additionalProperties: false,
    required: ['type', 'table', 'schema', 'record', 'old_record'],
    properties: {
      type: { enum: ['INSERT', 'UPDATE', 'DELETE'], type: 'string' },
      table: { type: 'string' },
      schema: { type: 'string' },
      record: { type: ['object', 'null'], description: 'The row; null: it was deleted.' },
      old_record: { type: ['object', 'null'], description: 'The row before; null: it was inserted.' },
    },
  },
  sample: { type: 'INSERT', table: 'orders', schema: 'public', record: { id: 17, total: 99.5 }, old_record: null },
  example: { table: 'orders', events: ['INSERT'] },
  verification: () => ({ type: 'bearer' }),
  read({ json }, config) {
    if (!isJsonObject(json)) return 'It is no object.';
    const { type, table, schema, record = null, old_record: old = null } = json;
    if (typeof type !== 'string' || !config.events.includes(type)) return 'Changes of this type are not wanted.';
    if (table !== config.table || schema !== config.schema) return `It is not of ${config.schema}.${config.table}.`;
    if (!isRow(record) || !isRow(old)) return 'Its record is no row.';
    return { data: { type, table, schema, record, old_record: old } };
  },
});

function isRow(value: unknown): value is JsonObject | null {
  return value === null || isJsonObject(value);
}
