import { type Json, type JsonObject } from '../../../common/json.js';
import { defineTool } from '../define-tool.js';
import { ToolError } from '../tool-error.js';
import { inPostgres, type PostgresSession } from './postgres-session.js';
import { typesOf } from './postgres-types.js';
import { fromText, toParameter } from './postgres-values.js';
import { type Fetched } from './row-cursor.js';

interface QueryInput extends JsonObject {
  sql: string;
  params: Json[];
  write: boolean;
  max_rows: number;
  timeout_ms: number;
}

export const postgresQuery = defineTool<QueryInput>({
  key: 'postgres.query',
  title: 'Query PostgreSQL',
  description:
    'Runs one SQL statement in a transaction of its own. Values go into it as `$1`, `$2` … with `params`, never into its ' +
    'text, so that data cannot become code. Unless `write` is true, the transaction is read only, statements that return ' +
    'no rows are refused, and everything is rolled back; what a role may do beyond the data of its database (programs, ' +
    'files, other servers) only its rights can keep it from.',
  resourceTypes: ['postgres_database'],
  literalInputs: ['sql'],
  effect: ({ write = false }) => (write === false ? 'read' : 'write'),
  input: {
    type: 'object',
    additionalProperties: false,
    required: ['sql'],
    properties: {
      sql: { type: 'string', minLength: 1, maxLength: 100_000, description: 'One statement, without expressions.' },
      params: {
        type: 'array',
        maxItems: 10_000,
        default: [],
        description:
          'Values of `$1`, `$2` … An array is an array of PostgreSQL where the parameter is one (`any($1)`), else JSON. ' +
          'For a json or jsonb parameter any value is JSON, a text is a JSON string. For bytea: base64.',
      },
      write: { type: 'boolean', default: false, description: 'Allow changes, and commit them.' },
      max_rows: { type: 'integer', minimum: 1, maximum: 10_000, default: 1_000 },
      timeout_ms: { type: 'integer', minimum: 1, maximum: 300_000, default: 30_000 },
    },
  },
  output: {
    type: 'object',
    additionalProperties: false,
    required: ['rows', 'row_count', 'columns', 'truncated'],
    properties: {
      rows: {
        type: 'array',
        items: { type: 'object' },
        description:
          'By column. Numbers are numbers where these hold them exactly, else texts (numeric, large int8, NaN); timestamptz ' +
          'is ISO 8601 in UTC; bytea is base64; json is parsed; arrays are arrays; all else is text as PostgreSQL writes it.',
      },
      row_count: { type: 'integer', description: 'Rows returned or changed.' },
      columns: {
        type: 'array',
        items: {
          type: 'object',
          required: ['name', 'type'],
          properties: { name: { type: 'string' }, type: { type: 'string' } },
        },
      },
      truncated: { type: 'boolean', description: 'There were more rows than `max_rows`.' },
    },
  },
  example: { sql: 'select id, email from customers where created_at > $1', params: ['2026-01-01'] },
  run: (context, input) =>
    inPostgres(context, { write: input.write, timeoutMs: input.timeout_ms }, (session) => query(session, input)),
});

async function query(
  session: PostgresSession,
  { sql, params, write, max_rows: most }: QueryInput,
): Promise<JsonObject> {
  // The protocol ends texts with it.
  if (sql.includes('\0')) throw new ToolError('input-invalid', '"sql" has a NUL character in it.', false);
  const { parameters, returnsRows } = await session.describe(sql);
  if (!write && !returnsRows) {
    const message = 'The statement returns no rows; to run it nevertheless, set the input "write" to true.';
    throw new ToolError('read-only', message, false);
  }
  const values = await bind(session, params, parameters);
  const fetched = await session.fetch(sql, values, most);
  return { ...(await tableOf(session, fetched)), truncated: fetched.count === null };
}

async function bind(session: PostgresSession, params: readonly Json[], oids: readonly number[]) {
  if (params.length !== oids.length) {
    const message = `The statement has ${oids.length} parameters ($1 …), "params" has ${params.length} values.`;
    throw new ToolError('input-invalid', message, false);
  }
  const types = await typesOf(session, oids);
  return params.map((value, index) => toParameter(value, types.get(oids[index]!) ?? unknownType, `$${index + 1}`));
}

async function tableOf(session: PostgresSession, { fields, rows, count }: Fetched) {
  const names = fields.map(({ name }) => name);
  const twice = names.filter((name, index) => names.indexOf(name) !== index);
  if (twice.length > 0) {
    const message = `Several columns are called ${[...new Set(twice)].join(', ')}: give them names with "as".`;
    throw new ToolError('input-invalid', message, false);
  }
  const known = await typesOf(
    session,
    fields.map(({ dataTypeID }) => dataTypeID),
  );
  const types = fields.map(({ dataTypeID }) => known.get(dataTypeID) ?? unknownType);
  return {
    rows: rows.map((row) =>
      Object.fromEntries(row.map((text, index) => [names[index]!, fromText(text, types[index]!)])),
    ),
    row_count: count ?? rows.length,
    columns: names.map((name, index) => ({ name, type: types[index]!.name })),
  };
}

const unknownType = { name: 'unknown' };
