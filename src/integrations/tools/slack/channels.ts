import { type Access } from '../../credentials/access.js';
import { type Fields } from '../fields.js';
import { type Part } from '../paging.js';
import { callSlack } from './slack-api.js';

/** Slack recommends no more at once: https://docs.slack.dev/reference/methods/conversations.list */
export const CHANNELS_PAGE_SIZE = 200;

/** A channel as tools tell it. */
type SlackChannel = {
  id: string;
  name: string;
  is_private: boolean;
  is_archived: boolean;
  is_member: boolean;
  topic: string;
};

/** One part of the list of channels. @throws as callSlack */
export async function listChannels(
  access: Access,
  query: { types: string; exclude_archived: boolean; limit: number; cursor: string | undefined },
): Promise<Part<SlackChannel>> {
  const page = await callSlack(access, 'conversations.list', { query });
  const cursor = page.objectOrNull('response_metadata')?.textOrNull('next_cursor') ?? '';
  return { items: page.objects('channels').map(channelOf), next: cursor === '' ? undefined : cursor };
}

/** What Slack leaves out is not so. */
function channelOf(channel: Fields): SlackChannel {
  const flag = (name: string) => channel.has(name) && channel.boolean(name);
  return {
    id: channel.text('id'),
    name: channel.text('name'),
    is_private: flag('is_private'),
    is_archived: flag('is_archived'),
    is_member: flag('is_member'),
    topic: channel.objectOrNull('topic')?.textOrNull('value') ?? '',
  };
}
