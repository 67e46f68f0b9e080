/** A part of a list, as an API gives it. */
export interface Part<Item> {
  readonly items: readonly Item[];
  /** What the next part is asked for with; undefined: this was the last one. */
  readonly next?: string | undefined;
}

/** All that was asked for, of one list. */
export interface Collected<Item> {
  readonly items: Item[];
  /** Where the rest begins; undefined: there is none. */
  readonly next?: string | undefined;
}

/** How a list is read. */
export interface Paging {
  /** How many items are wanted. */
  readonly limit: number;
  /** How many the API gives at once, at most. */
  readonly pageSize: number;
  /** Where to begin; undefined: at the first. */
  readonly from?: string | undefined;
}

/** APIs may give empty parts for as long as they like. */
const MOST_PARTS = 50;

/**
 * Reads a list part by part until there is enough of it, or no more. Each part is asked to be no larger than what is missing,
 * so that `next` continues without a gap.
 * @param part gives the part that begins at a cursor, with `size` items at most
 */
export async function collect<Item>(
  { limit, pageSize, from }: Paging,
  part: (cursor: string | undefined, size: number) => Promise<Part<Item>>,
): Promise<Collected<Item>> {
  const items: Item[] = [];
  let cursor = from;
  for (let parts = 0; parts < MOST_PARTS; parts++) {
    const { items: more, next } = await part(cursor, Math.min(pageSize, limit - items.length));
    items.push(...more);
    cursor = next;
    if (cursor === undefined || items.length >= limit) break;
  }
  return { items: items.slice(0, limit), next: cursor };
}
