import { type JsonObject } from '../../../common/json.js';

/** What is in a cell; null: nothing. */
export type Cell = string | number | boolean | null;

/** The input that names a spreadsheet. */
export const spreadsheetInput = {
  type: 'string',
  pattern: '^[A-Za-z0-9_-]{10,200}$',
  description: 'The id of the spreadsheet: the long part of its address, after `/d/`.',
};

/** The input that names cells. */
export const rangeInput = {
  type: 'string',
  minLength: 1,
  maxLength: 500,
  description: 'In A1 notation: `Orders!A1:D`, `A1:D10` of the first sheet, or the name of a sheet: all of it.',
};

/** Names for columns, from the cells of the first row: each of them once, none empty. */
export function headersOf(cells: readonly Cell[], width: number): string[] {
  const names: string[] = [];
  const taken = new Set<string>();
  for (let index = 0; index < width; index++) {
    const text = String(cells[index] ?? '').trim();
    const wanted = text === '' ? `column_${index + 1}` : text;
    let name = wanted;
    for (let count = 2; taken.has(name); count++) name = `${wanted}_${count}`;
    taken.add(name);
    names.push(name);
  }
  return names;
}

/** A row by the names of its columns. */
export function recordOf(headers: readonly string[], row: readonly Cell[]): JsonObject {
  return Object.fromEntries(headers.map((name, index) => [name, row[index] ?? null]));
}
