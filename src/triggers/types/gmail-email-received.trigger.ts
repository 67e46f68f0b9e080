import { type JsonObject } from '../../common/json.js';
import { type Access, type Fields, readMessage } from '../../integrations/index.js';
import { defineTrigger, type IncomingEvent, type PollRequest, type PollResult } from './define-trigger.js';
import { firstCursor, type GmailCursor, remember, type Wanted, withCandidates } from './gmail/candidates.js';
import { findMail } from './gmail/mailbox.js';
import { matching } from './gmail/query-match.js';
import { intervalFaults, intervalProperty } from './poll-interval.js';

interface GmailConfig extends Wanted {
  max_results: number;
}

type Request = PollRequest<GmailConfig, GmailCursor>;

/** The search of Gmail finds a mail a little later than its history has it: what it did not find is looked for again. */
const SECOND_LOOK_MS = 5_000;
const MOST_UNMATCHED = 1_000;

const text = { type: ['string', 'null'] };

/**
 * Follows the history of the mailbox, as https://developers.google.com/workspace/gmail/api/guides/sync says: it tells of each
 * mail that is added, whatever its date, and of labels that are added later; a search by time would miss both. Which of these
 * mails the query finds, only Gmail can tell: they are searched for with the query and their own times, a few searches for
 * many mails. When Gmail has forgotten the history, the mails since the last look are listed; those that have not changed
 * since, and those that were events, are known.
 */
export const gmailEmailReceived = defineTrigger<GmailConfig, GmailCursor>({
  key: 'gmail_email_received',
  title: 'Mail in Gmail',
  description:
    'A mail came to a Gmail account: one that was not there when the subscription began. With `label_ids`, also a mail that is ' +
    'given these labels later; each mail once. Drafts and what the account itself sends elsewhere are no mails that came. ' +
    '`query` is looked at when the mail comes.',
  mode: 'poll',
  needs: { provider: 'google', scopes: ['https://www.googleapis.com/auth/gmail.readonly'] },
  config: {
    properties: {
      connection_id: {
        type: 'string',
        pattern: '^conn_[0-9a-f-]{36}$',
        description: 'The account of Google; may be left out when there is one only.',
      },
      query: {
        type: 'string',
        maxLength: 2_048,
        default: '',
        description:
          'As in the search field of Gmail, such as `from:ada@example.com has:attachment`; empty: every mail.',
      },
      label_ids: {
        type: 'array',
        maxItems: 50,
        uniqueItems: true,
        items: { type: 'string', minLength: 1, maxLength: 200 },
        default: [],
        description: 'Only mails that have all of these labels, such as `INBOX`.',
      },
      include_spam_trash: { type: 'boolean', default: false },
      max_results: {
        type: 'integer',
        minimum: 1,
        maximum: 100,
        default: 25,
        description: 'Mails that are read at once; with more of them, it goes on at once.',
      },
      interval: intervalProperty,
    },
  },
  event: {
    type: 'object',
    additionalProperties: false,
    required: ['message_id', 'thread_id', 'subject', 'from', 'to', 'date', 'snippet', 'labels'],
    properties: {
      message_id: { type: 'string', description: '`id` for `gmail.get_message`.' },
      thread_id: { type: 'string' },
      subject: text,
      from: text,
      to: text,
      date: { type: 'string', format: 'date-time', description: 'When Gmail received it, or the time it was given.' },
      snippet: { type: 'string' },
      labels: { type: 'array', items: { type: 'string' } },
    },
  },
  sample: {
    message_id: '18f3c2a1b0d4e5f6',
    thread_id: '18f3c2a1b0d4e5f6',
    subject: 'Order A-17',
    from: 'Ada <ada@example.com>',
    to: 'shop@example.com',
    date: '2026-11-26T08:00:00.000Z',
    snippet: 'I would like to order …',
    labels: ['INBOX', 'UNREAD'],
  },
  example: { query: 'from:ada@example.com has:attachment', label_ids: ['INBOX'], interval: '1m' },
  check: intervalFaults,
  poll,
});

async function poll(access: Access, { config, cursor, now }: Request): Promise<PollResult<GmailCursor>> {
  if (!cursor) return { events: [], cursor: await firstCursor(access, now) };
  const read = await withCandidates(access, config, { cursor, now });
  const isLate = now - read.unmatched.at >= SECOND_LOOK_MS;
  const again = isLate ? read.unmatched.ids.slice(0, config.max_results) : [];
  const fresh = read.pending.slice(0, config.max_results - again.length);
  const mails = await received(access, config, { ids: [...new Set([...again, ...fresh])], floor: read.floor });
  const found = await matching(access, config, mails);
  const events = mails.filter((mail) => found.has(mail.text('id'))).map(eventOf);
  const missed = mails.map((mail) => mail.text('id')).filter((id) => !found.has(id) && !again.includes(id));
  const next: GmailCursor = {
    ...read,
    pending: read.pending.slice(fresh.length),
    unmatched: {
      ids: [...read.unmatched.ids.slice(again.length), ...missed].slice(-MOST_UNMATCHED),
      at: missed.length > 0 ? now : read.unmatched.at,
    },
    recent: remember(read, [...found]),
  };
  return { events, cursor: next, more: next.pending.length > 0 || next.walk !== null };
}

/** Those of these mails that are there, and that came. */
async function received(
  access: Access,
  config: GmailConfig,
  { ids, floor }: { ids: readonly string[]; floor: string | null },
): Promise<Fields[]> {
  const mails: Fields[] = [];
  for (const id of ids) {
    const mail = await findMail(access, id);
    if (mail && hasCome(mail, config) && (floor === null || isAfter(mail, floor))) mails.push(mail);
  }
  return mails;
}

function hasCome(mail: Fields, { label_ids: wanted, include_spam_trash: spamTrash }: GmailConfig): boolean {
  const labels = new Set(mail.texts('labelIds'));
  if (labels.has('DRAFT')) return false;
  // A mail to oneself is in the inbox too.
  if (labels.has('SENT') && !labels.has('INBOX')) return false;
  if (!spamTrash && (labels.has('SPAM') || labels.has('TRASH'))) return false;
  return wanted.every((label) => labels.has(label));
}

/** Whether it was added or changed after this point of the history. */
function isAfter(mail: Fields, historyId: string): boolean {
  const changed = mail.textOrNull('historyId') ?? '';
  return !/^\d+$/.test(changed) || BigInt(changed) > BigInt(historyId);
}

function eventOf(mail: Fields): IncomingEvent & { key: JsonObject } {
  const { id, thread_id, subject, from, to, date, snippet, label_ids: labels } = readMessage(mail);
  return {
    data: {
      message_id: id!,
      thread_id: thread_id!,
      subject: subject!,
      from: from!,
      to: to!,
      date: date!,
      snippet: snippet!,
      labels: labels!,
    },
    key: { message_id: id! },
    occurredAt: new Date(date as string),
  };
}
