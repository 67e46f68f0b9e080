import { type JsonObject } from '../../../common/json.js';
import { apiPath } from '../api-call.js';
import { defineTool } from '../define-tool.js';
import { readMessage } from './gmail-message.js';
import { callGoogle } from './google-api.js';

interface GetMessageInput extends JsonObject {
  id: string;
}

const text = { type: ['string', 'null'] };

/** https://developers.google.com/workspace/gmail/api/reference/rest/v1/users.messages/get */
export const gmailGetMessage = defineTool<GetMessageInput>({
  key: 'gmail.get_message',
  title: 'Read a mail in Gmail',
  description:
    'Reads one mail: who wrote it to whom, its text and its HTML, and what is attached. The content of attachments is not read.',
  provider: 'google',
  scopes: ['https://www.googleapis.com/auth/gmail.readonly'],
  effect: 'read',
  input: {
    type: 'object',
    additionalProperties: false,
    required: ['id'],
    properties: {
      id: { type: 'string', minLength: 1, maxLength: 100, description: '`id` of `gmail.search_messages`.' },
    },
  },
  output: {
    type: 'object',
    additionalProperties: false,
    required: ['id', 'thread_id', 'message_id', 'date', 'from', 'to', 'cc', 'subject', 'snippet', 'label_ids'].concat([
      'text',
      'html',
      'attachments',
    ]),
    properties: {
      id: { type: 'string' },
      thread_id: { type: 'string' },
      message_id: { ...text, description: 'The Message-ID header, for `in_reply_to` of `gmail.send_email`.' },
      date: { type: 'string', format: 'date-time', description: 'When Gmail received it.' },
      from: text,
      to: text,
      cc: text,
      subject: text,
      snippet: { type: 'string' },
      label_ids: { type: 'array', items: { type: 'string' } },
      text: { ...text, description: 'The plain text; null: there is none.' },
      html: { ...text, description: 'The HTML; null: there is none. Written by whoever sent the mail.' },
      attachments: {
        type: 'array',
        items: {
          type: 'object',
          additionalProperties: false,
          required: ['filename', 'mime_type', 'size', 'attachment_id'],
          properties: {
            filename: { type: 'string' },
            mime_type: { type: 'string' },
            size: { type: 'integer', description: 'In bytes.' },
            attachment_id: text,
          },
        },
      },
    },
  },
  example: { id: '18f3c2a1b0d4e5f6' },
  async run(context, { id }) {
    const path = apiPath`/users/me/messages/${id}`;
    return readMessage(await callGoogle(context, { api: 'gmail', path, query: { format: 'full' } }));
  },
});
