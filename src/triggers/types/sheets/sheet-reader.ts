import { type Access, apiPath, callGoogle, type Cell, type Fields, ToolError } from '../../../integrations/index.js';

/** Rows that are read at once. */
export const BLOCK = 1_000;
/** Blocks that are looked through for the last row. */
const MOST_BLOCKS = 50;

/** A sheet of a spreadsheet, row by row; the first one is 1. */
export class SheetReader {
  private constructor(
    private readonly access: Access,
    private readonly place: { readonly spreadsheet: string; readonly sheet: string },
    /** Rows that the sheet has, most of them empty perhaps. */
    readonly size: number,
  ) {}

  /**
   * https://developers.google.com/workspace/sheets/api/reference/rest/v4/spreadsheets/get: what lies beyond the last row of
   * the grid can't be asked for.
   * @throws ToolError when there is no such sheet
   */
  static async open(access: Access, spreadsheet: string, sheet: string): Promise<SheetReader> {
    const found = await callGoogle(access, {
      api: 'sheets',
      path: apiPath`/spreadsheets/${spreadsheet}`,
      query: { fields: 'sheets.properties(title,gridProperties.rowCount)' },
    });
    const properties = found.objects('sheets').map((one) => one.object('properties'));
    const wanted = properties.find((one) => one.text('title') === sheet);
    if (!wanted) throw new ToolError('input-invalid', `The spreadsheet has no sheet "${sheet}".`, false);
    const size = wanted.objectOrNull('gridProperties')?.integer('rowCount') ?? 0;
    return new SheetReader(access, { spreadsheet, sheet }, size);
  }

  /**
   * Rows from one to another, without empty ones at the end.
   * https://developers.google.com/workspace/sheets/api/reference/rest/v4/spreadsheets.values/get
   */
  async rows(from: number, to: number): Promise<Cell[][]> {
    const end = Math.min(to, this.size);
    if (from > end) return [];
    const { spreadsheet, sheet } = this.place;
    const range = `'${sheet.replaceAll("'", "''")}'!${from}:${end}`;
    const found = await callGoogle(this.access, {
      api: 'sheets',
      path: apiPath`/spreadsheets/${spreadsheet}/values/${range}`,
      query: { majorDimension: 'ROWS', valueRenderOption: 'FORMATTED_VALUE' },
    });
    const rows = cellsOf(found);
    return rows.slice(0, rows.findLastIndex((row) => !isEmpty(row)) + 1);
  }

  /** The last row that holds something, not after this one; 0: there is none. @throws ToolError when it is too far away */
  async lastRow(from = this.size): Promise<number> {
    let end = from;
    for (let blocks = 0; end > 0; blocks++) {
      if (blocks === MOST_BLOCKS) {
        const message = `There are more than ${MOST_BLOCKS * BLOCK} empty rows at the end of the sheet: delete them.`;
        throw new ToolError('input-invalid', message, false);
      }
      const begin = Math.max(1, end - BLOCK + 1);
      const found = await this.rows(begin, end);
      if (found.length > 0) return begin + found.length - 1;
      end = begin - 1;
    }
    return 0;
  }
}

export function isEmpty(row: readonly Cell[]): boolean {
  return row.every((cell) => cell === null || cell === '');
}

/** `values` is left out when there is nothing. */
function cellsOf(found: Fields): Cell[][] {
  return found.list('values').map((row) => {
    if (!Array.isArray(row)) throw found.wrong('values', 'a list of rows');
    return row.map((cell): Cell => {
      if (typeof cell === 'object' && cell !== null) throw found.wrong('values', 'rows of texts, numbers and booleans');
      return cell;
    });
  });
}
