import { type Access } from '../../credentials/access.js';
import { driveQuery, listFiles } from '../../tools/google/drive.js';
import { type BrowsedPage, type BrowseRequest } from '../define-browser.js';

/** What it takes to see names of files. */
export const fileScopes = ['https://www.googleapis.com/auth/drive.metadata.readonly'];

/** Files of Drive, what was changed last first. @param mimeType only those; undefined: all */
export async function browseFiles(
  access: Access,
  { query: name, cursor: pageToken, limit: pageSize }: BrowseRequest,
  mimeType?: string,
): Promise<BrowsedPage> {
  const { items, next } = await listFiles(access, {
    q: driveQuery({ name, mimeType }),
    pageToken,
    pageSize,
    isOrdered: true,
  });
  return {
    items: items.map(({ id, name: title, modified_at: modifiedAt, mime_type: type, url }) => ({
      id,
      title,
      description: [mimeType === undefined && type, modifiedAt !== null && `changed ${/^[\d-]*/.exec(modifiedAt)![0]}`]
        .filter((text) => text !== false)
        .join(', '),
      url: url ?? undefined,
    })),
    nextCursor: next,
  };
}
