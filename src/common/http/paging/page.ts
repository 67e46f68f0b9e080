import { type CursorCodec, type CursorScope, type Position } from './cursor.js';
import { type Page, type PageQuery } from './page.dto.js';

/** How a list is cut into pages. */
export interface PagePlan<Row, Item> {
  query: PageQuery;
  scope: CursorScope;
  /** Loads at most `count` rows in the order of the list, those after `position` only. */
  load: (count: number, position: Position | undefined) => Promise<Row[]>;
  /** The values of the sort columns of a row. */
  positionOf: (row: Row) => Position;
  /** A row as it goes out. */
  toItem: (row: Row) => Item;
}

/**
 * One page by keyset: it asks for one row more than shown to know whether there is a next page, so the last page costs
 * as much as the first and no total is counted.
 * @throws CursorInvalidError
 */
export async function loadPage<Row, Item>(cursors: CursorCodec, plan: PagePlan<Row, Item>): Promise<Page<Item>> {
  const { query, scope } = plan;
  const position = query.cursor === undefined ? undefined : cursors.decode(query.cursor, scope);
  const rows = await plan.load(query.limit + 1, position);
  const shown = rows.slice(0, query.limit);
  const last = rows.length > shown.length ? shown.at(-1) : undefined;
  return {
    items: shown.map((row) => plan.toItem(row)),
    next_cursor: last === undefined ? null : cursors.encode(plan.positionOf(last), scope),
  };
}
