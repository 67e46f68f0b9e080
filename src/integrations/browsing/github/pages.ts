import { type BrowseRequest } from '../define-browser.js';
import { BrowsingInvalidError } from '../../integrations.errors.js';

/** Pages of GitHub are numbered. @throws BrowsingInvalidError for a cursor that is none of ours */
export function pageNumber({ cursor }: BrowseRequest): string | undefined {
  if (cursor === undefined || /^[1-9]\d{0,5}$/.test(cursor)) return cursor;
  throw new BrowsingInvalidError(
    '/cursor',
    'The cursor is none of this list. Start again at the first page, without one.',
  );
}

/** What has the words of the query in it; GitHub's lists have no search of their own. */
export function matches({ query }: BrowseRequest, name: string): boolean {
  return query === undefined || name.toLowerCase().includes(query.toLowerCase());
}
