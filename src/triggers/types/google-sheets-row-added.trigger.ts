import { type JsonObject } from '../../common/json.js';
import { type Access, type Cell, headersOf, recordOf, spreadsheetInput } from '../../integrations/index.js';
import { defineTrigger, type IncomingEvent, type PollRequest, type PollResult } from './define-trigger.js';
import { markOf } from './feeds/seen.js';
import { intervalFaults, intervalProperty } from './poll-interval.js';
import { BLOCK, isEmpty, SheetReader } from './sheets/sheet-reader.js';
import { whereItWas } from './sheets/where-it-was.js';

interface SheetConfig extends JsonObject {
  spreadsheet_id: string;
  sheet: string;
  has_header: boolean;
}

type SheetCursor = {
  /** The last row that is known; 0: there is none. */
  last: number;
  /** Marks of the last rows that are known. */
  tail: string[];
  /** What tells the rows that are added, as nothing in a row does: when the subscription began, and their number. */
  since: number;
  count: number;
};

/** Rows that become events at once. */
const MOST_EVENTS = 200;
/** Rows that are known by what is in them. */
const TAIL = 3;
/** How many rows above the last one are looked at: so many may be deleted at once while others are added. */
const LOOK_BACK = 200;

type Event = IncomingEvent & { key: JsonObject };

/**
 * A sheet has no history and its rows have no ids: there is their number, and what is in them. The last rows that are known
 * are looked for, so that rows that are deleted above them hide no new one.
 */
export const googleSheetsRowAdded = defineTrigger<SheetConfig, SheetCursor>({
  key: 'google_sheets_row_added',
  title: 'Row added to a spreadsheet',
  description:
    'There is a row below the last one of a sheet of Google Sheets. What is edited, deleted, sorted or inserted between others is ' +
    'no event, and neither is an empty row. A row is taken as it is when it is seen: who fills it in by hand should begin with a ' +
    'copy elsewhere.',
  mode: 'poll',
  needs: { provider: 'google', scopes: ['https://www.googleapis.com/auth/spreadsheets.readonly'] },
  config: {
    required: ['spreadsheet_id', 'sheet'],
    properties: {
      connection_id: {
        type: 'string',
        pattern: '^conn_[0-9a-f-]{36}$',
        description: 'The account of Google; may be left out when there is one only.',
      },
      spreadsheet_id: spreadsheetInput,
      sheet: { type: 'string', minLength: 1, maxLength: 200, description: 'The name of the sheet.' },
      has_header: { type: 'boolean', default: true, description: 'The first row holds the names of the columns.' },
      interval: intervalProperty,
    },
  },
  event: {
    type: 'object',
    additionalProperties: false,
    required: ['row_number', 'values', 'record'],
    properties: {
      row_number: { type: 'integer', description: 'Where it was when it was seen; the first row is 1.' },
      values: { type: 'array', items: { type: ['string', 'number', 'boolean', 'null'] }, description: 'As they look.' },
      record: {
        type: 'object',
        additionalProperties: { type: ['string', 'number', 'boolean', 'null'] },
        description: 'By the names of the columns; empty without a header.',
      },
    },
  },
  sample: { row_number: 18, values: ['A-17', '99.50'], record: { order: 'A-17', total: '99.50' } },
  example: { spreadsheet_id: '1BxiMVs0XRA5nFMdKvBdBZjgmUUqptlbs74OgvE2upms', sheet: 'Orders', interval: '1m' },
  check: intervalFaults,
  poll,
});

async function poll(
  access: Access,
  { config, cursor, now }: PollRequest<SheetConfig, SheetCursor>,
): Promise<PollResult<SheetCursor>> {
  const sheet = await SheetReader.open(access, config.spreadsheet_id, config.sheet);
  if (!cursor) return { events: [], cursor: await endOf(sheet, { since: now, count: 0 }, sheet.size) };
  const from = Math.max(1, Math.min(cursor.last, sheet.size) - LOOK_BACK);
  const rows = await sheet.rows(from, cursor.last + BLOCK);
  // All that was looked at is gone.
  if (rows.length === 0 && from > 1) return { events: [], cursor: await endOf(sheet, cursor, from - 1) };
  const marks = rows.map((row) => markOf([...row]));
  const known = Math.max(whereItWas(cursor, { from, marks }), config.has_header ? 1 : 0);
  const end = from + rows.length - 1;
  const last = Math.min(end, known + MOST_EVENTS);
  const events = await eventsOf(sheet, config, {
    cursor,
    first: known + 1,
    rows: rows.slice(known + 1 - from, last + 1 - from),
  });
  const tail = marks.slice(Math.max(0, last + 1 - from - TAIL), Math.max(0, last + 1 - from));
  const next = { last, tail, since: cursor.since, count: cursor.count + events.length };
  return { events, cursor: next, more: last < end };
}

/** From the last row on that there is now, not after this one. */
async function endOf(
  sheet: SheetReader,
  { since, count }: Pick<SheetCursor, 'since' | 'count'>,
  before: number,
): Promise<SheetCursor> {
  const last = await sheet.lastRow(before);
  const rows = last === 0 ? [] : await sheet.rows(Math.max(1, last - TAIL + 1), last);
  return { last, tail: rows.map((row) => markOf([...row])), since, count };
}

async function eventsOf(
  sheet: SheetReader,
  { has_header: hasHeader }: SheetConfig,
  { cursor, first, rows }: { cursor: SheetCursor; first: number; rows: readonly Cell[][] },
): Promise<Event[]> {
  if (rows.every(isEmpty)) return [];
  const [header = []] = hasHeader ? await sheet.rows(1, 1) : [];
  const width = Math.max(header.length, ...rows.map((row) => row.length));
  const names = hasHeader ? headersOf(header, width) : [];
  return rows
    .map((values, index) => ({ row_number: first + index, values: [...values], record: recordOf(names, values) }))
    .filter(({ values }) => !isEmpty(values))
    .map((data, index) => ({ data, key: { since: cursor.since, row: cursor.count + index } }));
}
