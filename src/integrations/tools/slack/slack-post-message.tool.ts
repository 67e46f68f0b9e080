import { type JsonObject } from '../../../common/json.js';
import { defineTool } from '../define-tool.js';
import { callSlack } from './slack-api.js';

interface PostMessageInput extends JsonObject {
  channel: string;
}

/** https://docs.slack.dev/reference/methods/chat.postMessage */
export const slackPostMessage = defineTool<PostMessageInput>({
  key: 'slack.post_message',
  title: 'Post a message to Slack',
  description:
    "Posts as the app, which must be in the channel. Slack does not notice when a message is posted twice: if Seer crashes between posting it and noting that, the repeated node posts it again. Data from outside can mention people: `&`, `<` and `>` in it must be escaped as Slack's formatting guide says.",
  provider: 'slack',
  scopes: ['chat:write'],
  effect: 'write',
  input: {
    type: 'object',
    additionalProperties: false,
    required: ['channel'],
    anyOf: [{ required: ['text'] }, { required: ['blocks'] }],
    properties: {
      channel: {
        type: 'string',
        minLength: 1,
        maxLength: 100,
        description: 'Id of a channel or a person, such as `C0123456789`, or the name of a public channel.',
      },
      text: {
        type: 'string',
        minLength: 1,
        maxLength: 40_000,
        description: 'The message, in mrkdwn; with `blocks`, what notifications say.',
      },
      blocks: {
        type: 'array',
        minItems: 1,
        maxItems: 50,
        items: { type: 'object', required: ['type'], properties: { type: { type: 'string' } } },
        description: 'Blocks of the Block Kit.',
      },
      thread_ts: {
        type: 'string',
        pattern: '^\\d{1,12}\\.\\d{1,9}$',
        description: '`ts` of the message that this one answers.',
      },
    },
  },
  output: {
    type: 'object',
    additionalProperties: false,
    required: ['channel', 'ts'],
    properties: {
      channel: { type: 'string', description: 'Id of the channel.' },
      ts: { type: 'string', description: 'Names the message in its channel; `thread_ts` of an answer.' },
    },
  },
  example: { channel: 'C0123456789', text: 'The report is ready.' },
  async run(context, input) {
    const posted = await callSlack(context, 'chat.postMessage', { body: input });
    return { channel: posted.text('channel'), ts: posted.text('ts') };
  },
});
