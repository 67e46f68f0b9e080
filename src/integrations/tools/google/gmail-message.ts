import { type JsonObject } from '../../../common/json.js';
import { type Fields } from '../fields.js';

/** Mails are nested by whoever writes them. */
const MOST_PARTS = 1_000;

/**
 * A mail as Gmail gives it (`format=full`): a tree of MIME parts.
 * https://developers.google.com/workspace/gmail/api/reference/rest/v1/users.messages#MessagePart
 */
export function readMessage(message: Fields): JsonObject {
  const payload = message.object('payload');
  const parts = partsOf(payload);
  const header = (name: string) => headerOf(payload, name);
  return {
    id: message.text('id'),
    thread_id: message.text('threadId'),
    message_id: header('message-id'),
    date: dateOf(message),
    from: header('from'),
    to: header('to'),
    cc: header('cc'),
    subject: header('subject'),
    snippet: message.textOrNull('snippet') ?? '',
    label_ids: message.texts('labelIds'),
    text: contentOf(parts, 'text/plain'),
    html: contentOf(parts, 'text/html'),
    attachments: parts.filter(isAttachment).map(attachmentOf),
  };
}

/** All parts that have no parts themselves, in their order. */
function partsOf(payload: Fields): Fields[] {
  const found: Fields[] = [];
  const waiting = [payload];
  for (let part = waiting.shift(); part !== undefined && found.length < MOST_PARTS; part = waiting.shift()) {
    const inner = part.objects('parts');
    if (inner.length > 0) waiting.unshift(...inner);
    else found.push(part);
  }
  return found;
}

function headerOf(payload: Fields, name: string): string | null {
  const header = payload.objects('headers').find((one) => one.text('name').toLowerCase() === name);
  return header?.text('value') ?? null;
}

/** `internalDate` is milliseconds since 1970, as a text. */
function dateOf(message: Fields): string {
  const date = new Date(Number(message.text('internalDate')));
  if (Number.isNaN(date.getTime())) throw message.wrong('internalDate', 'a time');
  return date.toISOString();
}

function isAttachment(part: Fields): boolean {
  return (part.textOrNull('filename') ?? '') !== '';
}

/** The first one; what has a file name is an attachment, whatever its type. */
function contentOf(parts: readonly Fields[], type: string): string | null {
  const part = parts.find((one) => one.textOrNull('mimeType') === type && !isAttachment(one));
  const data = part?.objectOrNull('body')?.textOrNull('data') ?? null;
  // Gmail has decoded the character set already: the data is UTF-8, in base64url.
  return data === null ? null : Buffer.from(data, 'base64url').toString('utf8');
}

function attachmentOf(part: Fields): JsonObject {
  const body = part.object('body');
  return {
    filename: part.text('filename'),
    mime_type: part.text('mimeType'),
    size: body.integer('size'),
    attachment_id: body.textOrNull('attachmentId'),
  };
}
