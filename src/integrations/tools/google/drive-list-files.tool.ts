import { type JsonObject } from '../../../common/json.js';
import { defineTool } from '../define-tool.js';
import { DRIVE_PAGE_SIZE, driveQuery, listFiles } from './drive.js';
import { collect } from '../paging.js';

interface ListFilesInput extends JsonObject {
  limit: number;
}

const text = { type: ['string', 'null'] };

/** https://developers.google.com/workspace/drive/api/reference/rest/v3/files/list */
export const driveListFiles = defineTool<ListFilesInput>({
  key: 'google_drive.list_files',
  title: 'List files in Google Drive',
  description:
    "Finds files and folders of the account and of shared drives, not those in the trash; what was changed last comes first. All conditions must hold. With `query`, the order is Google's.",
  provider: 'google',
  scopes: ['https://www.googleapis.com/auth/drive.metadata.readonly'],
  effect: 'read',
  input: {
    type: 'object',
    additionalProperties: false,
    properties: {
      name_contains: {
        type: 'string',
        minLength: 1,
        maxLength: 200,
        description: 'The beginning of a word of the name.',
      },
      mime_type: {
        type: 'string',
        minLength: 1,
        maxLength: 200,
        description: 'Such as `application/vnd.google-apps.spreadsheet`, or `application/vnd.google-apps.folder`.',
      },
      folder_id: { type: 'string', minLength: 1, maxLength: 200, description: 'The folder that they are in.' },
      query: {
        type: 'string',
        minLength: 1,
        maxLength: 2_000,
        description:
          "More conditions in Google's own language, such as `modifiedTime > '2026-01-01T00:00:00'`. Data from outside belongs into the other inputs, which are escaped.",
      },
      limit: { type: 'integer', minimum: 1, maximum: 1_000, default: 100 },
      page_token: {
        type: 'string',
        minLength: 1,
        maxLength: 4_096,
        description: '`next_page_token` of a list before, to go on from there, with the same conditions.',
      },
    },
  },
  output: {
    type: 'object',
    additionalProperties: false,
    required: ['files', 'has_more', 'next_page_token'],
    properties: {
      files: {
        type: 'array',
        items: {
          type: 'object',
          additionalProperties: false,
          required: ['id', 'name', 'mime_type', 'size', 'modified_at', 'url'],
          properties: {
            id: { type: 'string' },
            name: { type: 'string' },
            mime_type: { type: 'string' },
            size: { type: ['integer', 'null'], description: 'In bytes; null for folders and the like.' },
            modified_at: text,
            url: { ...text, description: 'Where people open it.' },
          },
        },
      },
      has_more: { type: 'boolean' },
      next_page_token: text,
    },
  },
  example: { mime_type: 'application/vnd.google-apps.spreadsheet', name_contains: 'Budget', limit: 10 },
  async run(context, { limit, ...input }) {
    const conditions = {
      name: input.name_contains as string | undefined,
      mimeType: input.mime_type as string | undefined,
      folder: input.folder_id as string | undefined,
      query: input.query as string | undefined,
    };
    const paging = { limit, pageSize: DRIVE_PAGE_SIZE, from: input.page_token as string | undefined };
    const isOrdered = conditions.query === undefined;
    const { items, next } = await collect(paging, (pageToken, pageSize) =>
      listFiles(context, { q: driveQuery(conditions), pageToken, pageSize, isOrdered }),
    );
    return { files: items, has_more: next !== undefined, next_page_token: next ?? null };
  },
});
