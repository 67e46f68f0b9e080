import { type Json, type JsonObject } from '../../../common/json.js';
import { apiPath } from '../api-call.js';
import { defineTool } from '../define-tool.js';
import { callGoogle } from './google-api.js';
import { rangeInput, spreadsheetInput } from './sheets.js';

interface AppendRowsInput extends JsonObject {
  spreadsheet_id: string;
  range: string;
  rows: Json[][];
  value_input_option: string;
}

/** https://developers.google.com/workspace/sheets/api/reference/rest/v4/spreadsheets.values/append */
export const sheetsAppendRows = defineTool<AppendRowsInput>({
  key: 'google_sheets.append_rows',
  title: 'Append rows to a spreadsheet',
  description:
    'Adds rows after the table that it finds in the range. Google does not notice when rows are added twice: if Seer crashes ' +
    'between adding them and noting that, the repeated node adds them again.',
  provider: 'google',
  scopes: ['https://www.googleapis.com/auth/spreadsheets'],
  effect: 'write',
  input: {
    type: 'object',
    additionalProperties: false,
    required: ['spreadsheet_id', 'range', 'rows'],
    properties: {
      spreadsheet_id: spreadsheetInput,
      range: rangeInput,
      rows: {
        type: 'array',
        minItems: 1,
        maxItems: 10_000,
        items: {
          type: 'array',
          maxItems: 1_000,
          items: { type: ['string', 'number', 'boolean', 'null'], maxLength: 50_000 },
        },
        description: 'A list of cells for each row; null: an empty cell.',
      },
      value_input_option: {
        enum: ['RAW', 'USER_ENTERED'],
        default: 'RAW',
        description:
          '`RAW` stores texts as they are. `USER_ENTERED` takes them as if somebody typed them: dates become dates, and a text ' +
          'that begins with `=` becomes a formula, which can read other cells and call other servers. Not for data from outside.',
      },
    },
  },
  output: {
    type: 'object',
    additionalProperties: false,
    required: ['spreadsheet_id', 'table_range', 'updated_range', 'updated_rows', 'updated_cells'],
    properties: {
      spreadsheet_id: { type: 'string' },
      table_range: { type: ['string', 'null'], description: 'The table that was found; null: none.' },
      updated_range: { type: 'string', description: 'Where the rows are now.' },
      updated_rows: { type: 'integer' },
      updated_cells: { type: 'integer' },
    },
  },
  example: {
    spreadsheet_id: '1BxiMVs0XRA5nFMdKvBdBZjgmUUqptlbs74OgvE2upms',
    range: 'Orders',
    rows: [['2026-01-31', 'Ada', 12.5]],
  },
  async run(context, { spreadsheet_id: id, range, rows, value_input_option: valueInputOption }) {
    const answer = await callGoogle(context, {
      method: 'POST',
      api: 'sheets',
      path: apiPath`/spreadsheets/${id}/values/${range}:append`,
      query: { valueInputOption, insertDataOption: 'INSERT_ROWS' },
      body: { majorDimension: 'ROWS', values: rows },
    });
    const updates = answer.object('updates');
    return {
      spreadsheet_id: answer.text('spreadsheetId'),
      table_range: answer.textOrNull('tableRange'),
      updated_range: updates.text('updatedRange'),
      updated_rows: updates.integer('updatedRows'),
      updated_cells: updates.integer('updatedCells'),
    };
  },
});
