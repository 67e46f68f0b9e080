import { type JsonObject } from '../../../common/json.js';
import { type Access } from '../../../integrations/index.js';
import { currentHistoryId, historyPage, isStatus, searchPage } from './mailbox.js';

/** Ids of mails that became events are remembered, so many. */
const MOST_RECENT = 1_000;
/** Pages that one poll reads in which nothing is of interest. */
const MOST_PAGES = 10;
/** How far before the last look a resync begins: what is in there twice is told by `floor` and `recent`. */
const OVERLAP_SECONDS = 86_400;

/** A list that is being read, over several polls if it is long. */
type Walk = {
  kind: 'history' | 'resync';
  /** Where the next walk begins: what came after this walk began is read again, and told by `recent`. */
  history_id: string;
  at: number;
  /** Of a resync: where it begins, in seconds. */
  after: number;
  page_token: string | null;
};

/** How far the mailbox has been read. */
export type GmailCursor = {
  /** All history until here has been read … */
  history_id: string;
  /** … at this time, in milliseconds. */
  at: number;
  walk: Walk | null;
  /** Of a resync: mails that have not changed since this history id were there before, and are known. */
  floor: string | null;
  /** Ids of mails that are to be looked at. */
  pending: string[];
  /** Ids of mails that the query did not find, for a second look, and when they were looked at. */
  unmatched: { ids: string[]; at: number };
  /** Ids of mails that became events, the newest last. */
  recent: string[];
};

/** What of a config says which mails are of interest. */
export interface Wanted extends JsonObject {
  query: string;
  label_ids: string[];
  include_spam_trash: boolean;
}

/** From now on. */
export async function firstCursor(access: Access, now: number): Promise<GmailCursor> {
  const historyId = await currentHistoryId(access);
  const unmatched = { ids: [], at: now };
  return { history_id: historyId, at: now, walk: null, floor: null, pending: [], unmatched, recent: [] };
}

/** Reads on until there are mails to look at, or nothing more to read for this poll. */
export async function withCandidates(
  access: Access,
  wanted: Wanted,
  { cursor, now }: { cursor: GmailCursor; now: number },
): Promise<GmailCursor> {
  let read = cursor;
  for (let pages = 0; read.pending.length === 0 && pages < MOST_PAGES; pages++) {
    read = await withPage(access, wanted, { cursor: read, now });
    if (!read.walk) break;
  }
  return read;
}

/** These have become events. */
export function remember(cursor: GmailCursor, ids: readonly string[]): string[] {
  return [...cursor.recent, ...ids].slice(-MOST_RECENT);
}

async function withPage(
  access: Access,
  wanted: Wanted,
  { cursor, now }: { cursor: GmailCursor; now: number },
): Promise<GmailCursor> {
  if (cursor.walk?.kind === 'resync') return resyncPage(access, wanted, cursor, cursor.walk);
  try {
    const token = cursor.walk?.page_token ?? null;
    const page = await historyPage(access, { start: cursor.history_id, token, labels: wanted.label_ids });
    const walk = cursor.walk ?? { kind: 'history', history_id: page.historyId, at: now, after: 0, page_token: null };
    return { ...advanced(cursor, walk, page), floor: null };
  } catch (error) {
    if (isStatus(error, 404)) return beginResync(access, cursor, now);
    // Tokens of pages end some day: this walk begins anew.
    if (isStatus(error, 400) && cursor.walk)
      return withPage(access, wanted, { cursor: { ...cursor, walk: null }, now });
    throw error;
  }
}

/** https://developers.google.com/workspace/gmail/api/guides/sync#limitations */
async function beginResync(access: Access, cursor: GmailCursor, now: number): Promise<GmailCursor> {
  // First, so that what comes while the list is read is in the history after it.
  const historyId = await currentHistoryId(access);
  const after = Math.floor(cursor.at / 1_000) - OVERLAP_SECONDS;
  const walk: Walk = { kind: 'resync', history_id: historyId, at: now, after, page_token: null };
  return { ...cursor, walk, floor: cursor.history_id };
}

async function resyncPage(access: Access, wanted: Wanted, cursor: GmailCursor, walk: Walk): Promise<GmailCursor> {
  const { label_ids: labels, include_spam_trash: spamTrash } = wanted;
  const page = await searchPage(access, { q: `after:${walk.after}`, labels, spamTrash, token: walk.page_token });
  return advanced(cursor, walk, { ids: page.ids.toReversed(), next: page.next });
}

/** The walk is one page further, or over. */
function advanced(
  cursor: GmailCursor,
  walk: Walk,
  { ids, next }: { ids: readonly string[]; next: string | null },
): GmailCursor {
  const known = new Set([...cursor.recent, ...cursor.pending]);
  const pending = [...cursor.pending, ...new Set(ids.filter((id) => !known.has(id)))];
  if (next !== null) return { ...cursor, pending, walk: { ...walk, page_token: next } };
  return { ...cursor, pending, walk: null, history_id: walk.history_id, at: walk.at };
}
