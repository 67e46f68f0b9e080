import { type Json, type JsonObject } from '../../../common/json.js';
import { apiPath } from '../api-call.js';
import { defineTool } from '../define-tool.js';
import { type Fields } from '../fields.js';
import { callGoogle } from './google-api.js';
import { type Cell, headersOf, rangeInput, recordOf, spreadsheetInput } from './sheets.js';

interface ReadRangeInput extends JsonObject {
  spreadsheet_id: string;
  range: string;
  value_render_option: string;
  first_row_is_header: boolean;
}

const cell = { type: ['string', 'number', 'boolean', 'null'] };

/** https://developers.google.com/workspace/sheets/api/reference/rest/v4/spreadsheets.values/get */
export const sheetsReadRange = defineTool<ReadRangeInput>({
  key: 'google_sheets.read_range',
  title: 'Read cells of a spreadsheet',
  description:
    'Reads a range of cells, row by row. Google leaves empty cells at the end of a row out, and empty rows at the end of the ' +
    'range. With `first_row_is_header`, each further row is also a record: an object with a field for each column.',
  provider: 'google',
  scopes: ['https://www.googleapis.com/auth/spreadsheets.readonly'],
  effect: 'read',
  input: {
    type: 'object',
    additionalProperties: false,
    required: ['spreadsheet_id', 'range'],
    properties: {
      spreadsheet_id: spreadsheetInput,
      range: rangeInput,
      value_render_option: {
        enum: ['FORMATTED_VALUE', 'UNFORMATTED_VALUE', 'FORMULA'],
        default: 'FORMATTED_VALUE',
        description: 'Cells as they look, as they are (numbers as numbers), or their formulas.',
      },
      first_row_is_header: { type: 'boolean', default: false },
    },
  },
  output: {
    type: 'object',
    additionalProperties: false,
    required: ['range', 'rows', 'headers', 'records'],
    properties: {
      range: { type: 'string', description: 'What was read, with its sheet.' },
      rows: {
        type: 'array',
        items: { type: 'array', items: cell },
        description: 'All rows; without the first one when that is the header.',
      },
      headers: {
        type: 'array',
        items: { type: 'string' },
        description: 'Names of the columns, each of them once; empty without a header.',
      },
      records: {
        type: 'array',
        items: { type: 'object', additionalProperties: cell },
        description: 'The rows by the names of their columns, null where there is nothing; empty without a header.',
      },
    },
  },
  example: {
    spreadsheet_id: '1BxiMVs0XRA5nFMdKvBdBZjgmUUqptlbs74OgvE2upms',
    range: 'Orders!A1:D',
    first_row_is_header: true,
  },
  async run(context, { spreadsheet_id: id, range, value_render_option: rendering, first_row_is_header: hasHeader }) {
    const found = await callGoogle(context, {
      api: 'sheets',
      path: apiPath`/spreadsheets/${id}/values/${range}`,
      query: { valueRenderOption: rendering, majorDimension: 'ROWS', dateTimeRenderOption: 'FORMATTED_STRING' },
    });
    const all = rowsOf(found);
    const rows = hasHeader ? all.slice(1) : all;
    const width = Math.max(0, ...all.map((row) => row.length));
    const headers = hasHeader ? headersOf(all[0] ?? [], width) : [];
    const records = hasHeader ? rows.map((row) => recordOf(headers, row)) : [];
    return { range: found.text('range'), rows, headers, records };
  },
});

/** `values` is left out when there is nothing in the range. */
function rowsOf(found: Fields): Cell[][] {
  return found.list('values').map((row) => {
    if (!Array.isArray(row)) throw found.wrong('values', 'a list of rows');
    if (!row.every(isCell)) throw found.wrong('values', 'rows of texts, numbers and booleans');
    return row;
  });
}

function isCell(value: Json): value is Cell {
  return typeof value !== 'object' || value === null;
}
