import { type JsonObject } from '../../../common/json.js';
import { apiPath } from '../api-call.js';
import { defineTool } from '../define-tool.js';
import { callGoogle } from './google-api.js';
import { composeMail } from './mail.js';

interface SendEmailInput extends JsonObject {
  to: string[];
  cc: string[];
  bcc: string[];
  subject: string;
}

const address = {
  type: 'string',
  minLength: 3,
  maxLength: 500,
  pattern: '^[^\\x00-\\x1f\\x7f]*$',
  description: 'One address, alone or as `Ada <ada@example.com>`, without line breaks.',
};
const addresses = { type: 'array', items: address, maxItems: 100 };

/** https://developers.google.com/workspace/gmail/api/reference/rest/v1/users.messages/send */
export const gmailSendEmail = defineTool<SendEmailInput>({
  key: 'gmail.send_email',
  title: 'Send a mail with Gmail',
  description:
    'Sends a mail from the account, as text, as HTML, or both. Gmail does not notice when a mail is sent twice: if Seer ' +
    'crashes between sending it and noting that, the repeated node sends it again. Both have the same ' +
    '`X-Seer-Idempotency-Key`. To answer within a conversation, give `thread_id`, `in_reply_to` and the same subject.',
  provider: 'google',
  scopes: ['https://www.googleapis.com/auth/gmail.send'],
  effect: 'write',
  input: {
    type: 'object',
    additionalProperties: false,
    required: ['to', 'subject'],
    anyOf: [{ required: ['text'] }, { required: ['html'] }],
    properties: {
      to: { ...addresses, minItems: 1 },
      cc: { ...addresses, default: [] },
      bcc: { ...addresses, default: [] },
      reply_to: address,
      subject: {
        type: 'string',
        maxLength: 998,
        pattern: '^[^\\x00-\\x1f\\x7f]*$',
        description: 'One line of text, without line breaks.',
      },
      text: { type: 'string', maxLength: 500_000, description: 'The mail as plain text.' },
      html: { type: 'string', maxLength: 500_000, description: 'The mail as HTML; data in it must be escaped.' },
      thread_id: { type: 'string', minLength: 1, maxLength: 100, description: 'The conversation it belongs to.' },
      in_reply_to: {
        type: 'string',
        maxLength: 998,
        pattern: '^<[^\\s<>]+>$',
        description: 'Message-ID of the mail that it answers, in angle brackets: `message_id` of `gmail.get_message`.',
      },
    },
  },
  output: {
    type: 'object',
    additionalProperties: false,
    required: ['id', 'thread_id'],
    properties: { id: { type: 'string' }, thread_id: { type: 'string' } },
  },
  example: { to: ['ada@example.com'], subject: 'The report', text: 'It is ready.' },
  async run(context, input) {
    const raw = await composeMail({
      to: input.to,
      cc: input.cc,
      bcc: input.bcc,
      replyTo: input.reply_to as string | undefined,
      subject: input.subject,
      text: input.text as string | undefined,
      html: input.html as string | undefined,
      inReplyTo: input.in_reply_to as string | undefined,
      idempotencyKey: context.idempotencyKey,
    });
    const { thread_id: threadId } = input;
    const sent = await callGoogle(context, {
      method: 'POST',
      api: 'gmail',
      path: apiPath`/users/me/messages/send`,
      body: { raw: raw.toString('base64url'), ...(threadId !== undefined && { threadId }) },
    });
    return { id: sent.text('id'), thread_id: sent.text('threadId') };
  },
});
