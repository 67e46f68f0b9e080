import { listChannels } from '../../tools/slack/channels.js';
import { defineBrowser } from '../define-browser.js';

/** Slack's list has no search: the names of a part are searched here, so that it may have fewer items than the limit. */
export const channelBrowser = defineBrowser({
  provider: 'slack',
  key: 'channel',
  title: 'Channels',
  scopes: ['channels:read'],
  async list(access, { query = '', cursor, limit }) {
    const { items, next } = await listChannels(access, {
      types: 'public_channel',
      exclude_archived: true,
      limit,
      cursor,
    });
    return {
      items: items
        .filter(({ name }) => name.includes(query.toLowerCase()))
        .map(({ id, name, topic, is_member: isMember }) => ({
          id,
          title: `#${name}`,
          description: [isMember ? 'the app is in it' : 'the app must be invited', topic]
            .filter((text) => text !== '')
            .join('; '),
        })),
      nextCursor: next,
    };
  },
});
