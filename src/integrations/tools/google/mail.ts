import { createHash } from 'node:crypto';
import addressparser from 'nodemailer/lib/addressparser';
import MailComposer from 'nodemailer/lib/mail-composer';
import { ToolError } from '../tool-error.js';

/** A mail as the inputs of a tool say it. */
export interface Mail {
  readonly to: readonly string[];
  readonly cc: readonly string[];
  readonly bcc: readonly string[];
  readonly replyTo?: string | undefined;
  readonly subject: string;
  readonly text?: string | undefined;
  readonly html?: string | undefined;
  /** Message-ID of the mail that this one answers. */
  readonly inReplyTo?: string | undefined;
  /** The same for each attempt to send it. */
  readonly idempotencyKey: string;
}

/** The name of the header that tells a repeated mail from a second one. */
const IDEMPOTENCY_HEADER = 'X-Seer-Idempotency-Key';

/**
 * Writes a mail down (RFC 5322, RFC 2045). Its files are none of ours: nothing is read from disk or from the net.
 * @throws ToolError for an address that is none, or more than one
 */
export async function composeMail(mail: Mail): Promise<Buffer> {
  // Recipients see it: the ids of a run are none of their business.
  const key = createHash('sha256').update(mail.idempotencyKey).digest('hex').slice(0, 32);
  const composer = new MailComposer({
    to: mail.to.map(addressOf),
    cc: mail.cc.map(addressOf),
    bcc: mail.bcc.map(addressOf),
    ...(mail.replyTo !== undefined && { replyTo: addressOf(mail.replyTo) }),
    subject: mail.subject,
    ...(mail.text !== undefined && { text: mail.text }),
    ...(mail.html !== undefined && { html: mail.html }),
    ...(mail.inReplyTo !== undefined && { inReplyTo: mail.inReplyTo, references: mail.inReplyTo }),
    messageId: `<${key}@seer.invalid>`,
    headers: { [IDEMPOTENCY_HEADER]: key },
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  const node = composer.compile();
  // Gmail reads the recipients of blind copies there, and takes the header out.
  Object.assign(node, { keepBcc: true });
  return node.build();
}

/** One address: a text with a comma would be several, and whoever can write into it would choose who gets the mail. */
function addressOf(text: string): { name: string; address: string } {
  const [found, ...more] = addressparser(text);
  const address = found !== undefined && more.length === 0 && 'address' in found ? found.address : undefined;
  if (address !== undefined && plainAddress.test(address)) return { name: found?.name ?? '', address };
  throw new ToolError('input-invalid', `"${text}" is not one mail address.`, false);
}

/** Quoted local parts are legal, and nothing but trouble (RFC 5321, 4.1.2). */
const plainAddress = /^[^\s"(),:;<>@[\\\]\p{Cc}]+@[^\s"(),:;<>@[\\\]\p{Cc}]+$/u;
