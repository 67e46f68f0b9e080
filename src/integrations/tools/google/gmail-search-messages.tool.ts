import { type JsonObject } from '../../../common/json.js';
import { apiPath } from '../api-call.js';
import { defineTool } from '../define-tool.js';
import { collect } from '../paging.js';
import { callGoogle } from './google-api.js';

interface SearchMessagesInput extends JsonObject {
  query: string;
  label_ids: string[];
  include_spam_trash: boolean;
  limit: number;
}

/** The most that Gmail gives at once. */
const PAGE_SIZE = 500;

/** https://developers.google.com/workspace/gmail/api/reference/rest/v1/users.messages/list */
export const gmailSearchMessages = defineTool<SearchMessagesInput>({
  key: 'gmail.search_messages',
  title: 'Search mails in Gmail',
  description:
    'Finds mails as the search field of Gmail does, newest first. Gmail tells ids only: `gmail.get_message` reads a mail.',
  provider: 'google',
  scopes: ['https://www.googleapis.com/auth/gmail.readonly'],
  effect: 'read',
  input: {
    type: 'object',
    additionalProperties: false,
    properties: {
      query: {
        type: 'string',
        maxLength: 2_048,
        default: '',
        description:
          'As in the search field, such as `from:ada@example.com is:unread newer_than:2d`; empty: every mail.',
      },
      label_ids: {
        type: 'array',
        maxItems: 50,
        items: { type: 'string', minLength: 1, maxLength: 200 },
        default: [],
        description: 'Only mails that have all of these labels, such as `INBOX`.',
      },
      include_spam_trash: { type: 'boolean', default: false },
      limit: { type: 'integer', minimum: 1, maximum: 1_000, default: 100 },
      page_token: {
        type: 'string',
        minLength: 1,
        maxLength: 2_048,
        description: '`next_page_token` of a search before, to go on from there.',
      },
    },
  },
  output: {
    type: 'object',
    additionalProperties: false,
    required: ['messages', 'has_more', 'next_page_token'],
    properties: {
      messages: {
        type: 'array',
        items: {
          type: 'object',
          additionalProperties: false,
          required: ['id', 'thread_id'],
          properties: { id: { type: 'string' }, thread_id: { type: 'string' } },
        },
      },
      has_more: { type: 'boolean' },
      next_page_token: { type: ['string', 'null'] },
    },
  },
  example: { query: 'is:unread has:attachment newer_than:1d', limit: 20 },
  async run(context, { query, label_ids: labelIds, include_spam_trash: includeSpamTrash, limit, page_token: from }) {
    const paging = { limit, pageSize: PAGE_SIZE, from: from as string | undefined };
    const { items, next } = await collect(paging, async (pageToken, maxResults) => {
      const page = await callGoogle(context, {
        api: 'gmail',
        path: apiPath`/users/me/messages`,
        query: { ...(query !== '' && { q: query }), labelIds, includeSpamTrash, maxResults, pageToken },
      });
      const messages = page.objects('messages').map((one) => ({ id: one.text('id'), thread_id: one.text('threadId') }));
      return { items: messages, next: page.textOrNull('nextPageToken') ?? undefined };
    });
    return { messages: items, has_more: next !== undefined, next_page_token: next ?? null };
  },
});
