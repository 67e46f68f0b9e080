import { type JsonObject } from '../../../common/json.js';
import { defineTool } from '../define-tool.js';
import { collect } from '../paging.js';
import { CHANNELS_PAGE_SIZE, listChannels } from './channels.js';

interface ListChannelsInput extends JsonObject {
  include_private: boolean;
  exclude_archived: boolean;
  limit: number;
}

/** https://docs.slack.dev/reference/methods/conversations.list */
export const slackListChannels = defineTool<ListChannelsInput>({
  key: 'slack.list_channels',
  title: 'List channels of Slack',
  description:
    'Lists the public channels of the workspace; with `include_private` also the private ones that the app is in, which needs ' +
    'the scope `groups:read`.',
  provider: 'slack',
  scopes: ['channels:read'],
  effect: 'read',
  input: {
    type: 'object',
    additionalProperties: false,
    properties: {
      include_private: { type: 'boolean', default: false },
      exclude_archived: { type: 'boolean', default: true },
      limit: { type: 'integer', minimum: 1, maximum: 1_000, default: 200 },
      cursor: {
        type: 'string',
        minLength: 1,
        maxLength: 1_024,
        description: '`next_cursor` of a list before, to go on from there, with the same conditions.',
      },
    },
  },
  output: {
    type: 'object',
    additionalProperties: false,
    required: ['channels', 'has_more', 'next_cursor'],
    properties: {
      channels: {
        type: 'array',
        items: {
          type: 'object',
          additionalProperties: false,
          required: ['id', 'name', 'is_private', 'is_archived', 'is_member', 'topic'],
          properties: {
            id: { type: 'string' },
            name: { type: 'string', description: 'Without #.' },
            is_private: { type: 'boolean' },
            is_archived: { type: 'boolean' },
            is_member: { type: 'boolean', description: 'Whether the app is in it.' },
            topic: { type: 'string' },
          },
        },
      },
      has_more: { type: 'boolean' },
      next_cursor: { type: ['string', 'null'] },
    },
  },
  example: { limit: 100 },
  async run(context, { include_private: includePrivate, exclude_archived: excludeArchived, limit, cursor: from }) {
    const paging = { limit, pageSize: CHANNELS_PAGE_SIZE, from: from as string | undefined };
    const types = includePrivate ? 'public_channel,private_channel' : 'public_channel';
    const { items, next } = await collect(paging, (cursor, size) =>
      listChannels(context, { types, exclude_archived: excludeArchived, limit: size, cursor }),
    );
    return { channels: items, has_more: next !== undefined, next_cursor: next ?? null };
  },
});
