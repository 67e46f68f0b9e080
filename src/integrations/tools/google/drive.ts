import { type Access } from '../../credentials/access.js';
import { apiPath } from '../api-call.js';
import { type Fields } from '../fields.js';
import { type Part } from '../paging.js';
import { callGoogle } from './google-api.js';

/** The most that Drive gives at once. */
export const DRIVE_PAGE_SIZE = 1_000;

/** What files must be like. */
export interface DriveConditions {
  readonly name?: string | undefined;
  readonly mimeType?: string | undefined;
  readonly folder?: string | undefined;
  /** In Google's own language. */
  readonly query?: string | undefined;
}

/** A file as tools tell it. */
type DriveFile = {
  id: string;
  name: string;
  mime_type: string;
  size: number | null;
  modified_at: string | null;
  url: string | null;
};

/** Conditions as a query: https://developers.google.com/workspace/drive/api/guides/search-files */
export function driveQuery({ name, mimeType, folder, query }: DriveConditions): string {
  return [
    'trashed = false',
    name !== undefined && `name contains ${quote(name)}`,
    mimeType !== undefined && `mimeType = ${quote(mimeType)}`,
    folder !== undefined && `${quote(folder)} in parents`,
    query !== undefined && `(${query})`,
  ]
    .filter((condition) => condition !== false)
    .join(' and ');
}

/** One part of a list of files. @throws as callGoogle */
export async function listFiles(
  access: Access,
  part: { q: string; pageToken: string | undefined; pageSize: number; isOrdered: boolean },
): Promise<Part<DriveFile>> {
  const { isOrdered, ...query } = part;
  const page = await callGoogle(access, {
    api: 'drive',
    path: apiPath`/files`,
    query: {
      ...query,
      // Drive refuses an order together with a search in the text of files.
      ...(isOrdered && { orderBy: 'modifiedTime desc' }),
      fields: 'nextPageToken,files(id,name,mimeType,size,modifiedTime,webViewLink)',
      supportsAllDrives: true,
      includeItemsFromAllDrives: true,
    },
  });
  return { items: page.objects('files').map(fileOf), next: page.textOrNull('nextPageToken') ?? undefined };
}

function fileOf(file: Fields): DriveFile {
  return {
    id: file.text('id'),
    name: file.text('name'),
    mime_type: file.text('mimeType'),
    size: sizeOf(file),
    modified_at: file.textOrNull('modifiedTime'),
    url: file.textOrNull('webViewLink'),
  };
}

/** 64-bit numbers come as texts. */
function sizeOf(file: Fields): number | null {
  const text = file.textOrNull('size');
  if (text === null) return null;
  if (!/^\d{1,15}$/.test(text)) throw file.wrong('size', 'a number');
  return Number(text);
}

function quote(text: string): string {
  return `'${text.replace(/[\\']/g, '\\$&')}'`;
}
