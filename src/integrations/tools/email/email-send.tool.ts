import { createHash } from 'node:crypto';
import { type JsonObject } from '../../../common/json.js';
import { resourceOf } from '../../credentials/access.js';
import { defineTool, type ToolContext } from '../define-tool.js';
import { ToolError } from '../tool-error.js';
import { type EmailAddress, parseAddress } from './addresses.js';
import { type SmtpMetadata, withSmtp } from './smtp-client.js';

interface SendInput extends JsonObject {
  to: string | string[];
  cc: string | string[];
  bcc: string | string[];
  subject: string;
  attachments: { name: string; content: string; encoding: 'text' | 'base64'; content_type?: string }[];
}

/** The inputs that may be left out. */
type OptionalInputs = {
  readonly from?: string;
  readonly reply_to?: string;
  readonly text?: string;
  readonly html?: string;
};

/** Of all attachments together. */
const ATTACHMENT_BYTES = 700 * 1024;
const MOST_RECIPIENTS = 100;

const address = { type: 'string', minLength: 3, maxLength: 500 };
const addresses = {
  anyOf: [address, { type: 'array', items: address, maxItems: MOST_RECIPIENTS }],
  description: '`ada@example.com` or `Ada <ada@example.com>`; several as a list.',
};
/** Lines end headers. */
const oneLine = { type: 'string', pattern: '^[^\\x00-\\x1f\\x7f]*$', description: 'One line of text' };
const body = { type: 'string', maxLength: 500_000 };

export const emailSend = defineTool<SendInput>({
  key: 'email.send',
  title: 'Send an email',
  description:
    'Sends a message through a mail server. Its `Message-ID` stays the same when the node is repeated after a crash, so that ' +
    'mailboxes can tell. When the server takes only some of the recipients, the others are in `rejected`.',
  resourceTypes: ['smtp_server'],
  effect: 'write',
  input: {
    type: 'object',
    additionalProperties: false,
    required: ['to', 'subject'],
    properties: {
      to: addresses,
      cc: { ...addresses, default: [] },
      bcc: { ...addresses, default: [] },
      from: { ...address, description: 'The sender; left out, that of the resource.' },
      reply_to: address,
      subject: { ...oneLine, maxLength: 998 },
      text: body,
      html: { ...body, description: 'With `text` too, readers choose.' },
      attachments: {
        type: 'array',
        maxItems: 20,
        default: [],
        description: 'At most 700 KB together.',
        items: {
          type: 'object',
          additionalProperties: false,
          required: ['name', 'content'],
          properties: {
            name: { ...oneLine, minLength: 1, maxLength: 255 },
            content: { type: 'string', description: 'Text, or base64 when `encoding` says so.' },
            encoding: { enum: ['text', 'base64'], default: 'text' },
            content_type: {
              type: 'string',
              maxLength: 200,
              pattern: '^[A-Za-z0-9!#$&^_.+-]+/[A-Za-z0-9!#$&^_.+-]+$',
              description: 'A media type such as application/pdf; left out, that of the name',
            },
          },
        },
      },
    },
  },
  output: {
    type: 'object',
    additionalProperties: false,
    required: ['message_id', 'accepted', 'rejected'],
    properties: {
      message_id: { type: 'string' },
      accepted: { type: 'array', items: { type: 'string' } },
      rejected: {
        type: 'array',
        items: {
          type: 'object',
          required: ['address', 'reason'],
          properties: { address: { type: 'string' }, reason: { type: 'string' } },
        },
      },
    },
  },
  example: { to: 'ada@example.com', subject: 'Your order', text: 'It is on its way.' },
  async run(context, input) {
    const message = messageOf(context, input);
    const sent = await withSmtp(context, (transport, signal) => transport.sendMail({ ...message, signal }));
    return {
      message_id: sent.messageId,
      accepted: (sent.accepted ?? []).map(addressOf),
      rejected: (sent.rejectedErrors ?? []).map(({ recipient = '', response = '' }) => ({
        address: recipient,
        reason: response,
      })),
    };
  },
});

function messageOf(context: ToolContext, input: SendInput) {
  const { metadata } = resourceOf(context);
  const { from, reply_to: replyTo, text, html } = input as OptionalInputs;
  const sender = from ?? (metadata as SmtpMetadata).from;
  if (sender === undefined) {
    throw new ToolError('input-invalid', 'Who sends it? Give "from" here or in the resource.', false);
  }
  const parsedSender = parseAddress(sender, 'from');
  return {
    from: parsedSender,
    ...recipientsOf(input),
    ...(replyTo !== undefined && { replyTo: parseAddress(replyTo, 'reply_to') }),
    subject: input.subject,
    ...(text !== undefined && { text }),
    ...(html !== undefined && { html }),
    attachments: attachmentsOf(input),
    messageId: messageIdOf(context.idempotencyKey, parsedSender),
  };
}

function recipientsOf({ to, cc, bcc }: SendInput) {
  const parse = (texts: string | string[], field: string) => [texts].flat().map((text) => parseAddress(text, field));
  const recipients = { to: parse(to, 'to'), cc: parse(cc, 'cc'), bcc: parse(bcc, 'bcc') };
  const count = Object.values(recipients).flat().length;
  if (count > 0 && count <= MOST_RECIPIENTS) return recipients;
  throw new ToolError('input-invalid', `A message has 1 to ${MOST_RECIPIENTS} recipients, this one ${count}.`, false);
}

function attachmentsOf({ attachments }: SendInput) {
  const made = attachments.map(({ name, content, encoding, content_type: contentType }) => ({
    filename: name,
    content: encoding === 'base64' ? bytesOf(name, content) : Buffer.from(content),
    ...(contentType !== undefined && { contentType }),
  }));
  const bytes = made.reduce((sum, { content }) => sum + content.length, 0);
  if (bytes <= ATTACHMENT_BYTES) return made;
  throw new ToolError('input-invalid', `The attachments have ${bytes} bytes, more than ${ATTACHMENT_BYTES}.`, false);
}

function bytesOf(name: string, content: string): Buffer {
  const text = content.replaceAll(/\s/g, '');
  if (/^[A-Za-z0-9+/]*={0,2}$/.test(text) && text.length % 4 === 0) return Buffer.from(text, 'base64');
  throw new ToolError('input-invalid', `The content of the attachment ${JSON.stringify(name)} is not base64.`, false);
}

/** Says nothing about the run, and is the same whenever the node is repeated. */
function messageIdOf(idempotencyKey: string, { address }: EmailAddress): string {
  const hash = createHash('sha256').update(idempotencyKey).digest('hex').slice(0, 40);
  return `<${hash}@${address.slice(address.indexOf('@') + 1)}>`;
}

function addressOf(given: string | { address: string }): string {
  return typeof given === 'string' ? given : given.address;
}
