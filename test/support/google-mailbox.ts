import { type ApiCall, type Reply } from './api-server.js';

/** A mail in the mailbox. */
export interface Mail {
  readonly id: string;
  readonly threadId: string;
  readonly subject: string;
  readonly from: string;
  readonly labels: Set<string>;
  /** Milliseconds. */
  readonly internalDate: number;
  /** Of its last change. */
  historyId: number;
}

interface HistoryRecord {
  readonly id: number;
  readonly type: 'messagesAdded' | 'labelsAdded' | 'labelsRemoved' | 'messagesDeleted';
  readonly mail: Mail;
  /** Of the mail when it happened. */
  readonly labels: string[];
  /** What was added or removed. */
  readonly changed: string[];
}

const types: Record<string, HistoryRecord['type']> = {
  messageAdded: 'messagesAdded',
  labelAdded: 'labelsAdded',
  labelRemoved: 'labelsRemoved',
  messageDeleted: 'messagesDeleted',
};

type Refusal = (status: number, reason: string, message: string) => Reply;

/**
 * The mailbox of an account of Gmail, with its history: every change has an id, larger than all before and with gaps
 * between, and what was long ago is forgotten.
 */
export class GoogleMailbox {
  readonly mails: Mail[] = [];
  /** How many records or mails it gives at once, at most. */
  pageSize = 500;
  /** Mails that the search does not find yet. */
  readonly unindexed = new Set<string>();
  /** What happens after it was asked for this, before it answers the next time. */
  meanwhile: ((path: string) => void) | undefined;
  private readonly history: HistoryRecord[] = [];
  private historyId = 1_000;
  private horizon = 0;
  private tokens = 0;
  private count = 0;

  constructor(private readonly refuse: Refusal) {}

  reset(): void {
    for (const list of [this.mails, this.history]) list.length = 0;
    this.unindexed.clear();
    this.pageSize = 500;
    this.meanwhile = undefined;
  }

  /** A mail comes. @returns it */
  deliver({
    subject = 'Hello',
    from = 'bob@example.com',
    labels = ['INBOX', 'UNREAD'],
    internalDate = Date.now(),
  }: { subject?: string; from?: string; labels?: string[]; internalDate?: number } = {}): Mail {
    const id = (0x18f3_0000_0000 + ++this.count).toString(16);
    const mail = { id, threadId: id, subject, from, labels: new Set(labels), internalDate, historyId: 0 };
    this.mails.push(mail);
    this.record('messagesAdded', mail);
    return mail;
  }

  deliverMany(count: number, about: Parameters<GoogleMailbox['deliver']>[0] = {}): Mail[] {
    return Array.from({ length: count }, (_, index) => this.deliver({ subject: `Mail ${index}`, ...about }));
  }

  addLabel(mail: Mail, label: string): void {
    mail.labels.add(label);
    this.record('labelsAdded', mail, [label]);
  }

  removeLabel(mail: Mail, label: string): void {
    mail.labels.delete(label);
    this.record('labelsRemoved', mail, [label]);
  }

  /** It is gone for good. */
  delete(mail: Mail): void {
    this.mails.splice(this.mails.indexOf(mail), 1);
    this.record('messagesDeleted', mail);
  }

  /** What has happened until now is in no history any more. */
  forget(): void {
    this.horizon = this.historyId;
    this.historyId += 5;
  }

  /** Tokens of pages that were given before are not taken any more. */
  endTokens(): void {
    this.tokens += 1;
  }

  answer({ path, query }: ApiCall): Reply {
    const reply = this.reply(path, query);
    this.meanwhile?.(path);
    return reply;
  }

  private reply(path: string, query: URLSearchParams): Reply {
    if (path.endsWith('/profile')) {
      return { body: { emailAddress: 'ada@gmail.example', messagesTotal: this.mails.length, historyId: this.now } };
    }
    if (path.endsWith('/history')) return this.changes(query);
    if (path.endsWith('/messages')) return this.search(query);
    const mail = this.mails.find(({ id }) => id === /\/messages\/([^/]+)$/.exec(path)?.[1]);
    return mail ? { body: shown(mail, query) } : this.refuse(404, 'notFound', 'Requested entity was not found.');
  }

  private get now(): string {
    return String(this.historyId);
  }

  private record(type: HistoryRecord['type'], mail: Mail, changed: string[] = []): void {
    this.historyId += 1 + (this.historyId % 3);
    mail.historyId = this.historyId;
    this.history.push({ id: this.historyId, type, mail, labels: [...mail.labels], changed });
  }

  private changes(query: URLSearchParams): Reply {
    const start = Number(query.get('startHistoryId'));
    if (!Number.isSafeInteger(start) || start < this.horizon) {
      return this.refuse(404, 'notFound', 'Requested entity was not found.');
    }
    const wanted = query.getAll('historyTypes').map((name) => types[name]);
    const records = this.history.filter(({ id, type }) => id > start && (wanted.length === 0 || wanted.includes(type)));
    const page = this.page(records, query);
    if (!page) return this.refuse(400, 'invalidArgument', 'Invalid pageToken');
    const history = page.items.map(({ id, type, mail, labels, changed }) => {
      const message = { id: mail.id, threadId: mail.threadId, labelIds: labels };
      const change = { message, ...(changed.length > 0 && { labelIds: changed }) };
      return { id: String(id), messages: [{ id: mail.id, threadId: mail.threadId }], [type]: [change] };
    });
    return { body: { ...(history.length > 0 && { history }), ...page.next, historyId: this.now } };
  }

  private search(query: URLSearchParams): Reply {
    const fits = conditionOf(query.get('q') ?? '');
    const labels = query.getAll('labelIds');
    const hidden = query.get('includeSpamTrash') === 'true' ? [] : ['SPAM', 'TRASH'];
    const found = this.mails
      .filter((mail) => !this.unindexed.has(mail.id) && fits(mail) && labels.every((label) => mail.labels.has(label)))
      .filter((mail) => !hidden.some((label) => mail.labels.has(label)))
      .toSorted((one, other) => other.internalDate - one.internalDate || (one.id < other.id ? 1 : -1));
    const page = this.page(found, query);
    if (!page) return this.refuse(400, 'invalidArgument', 'Invalid pageToken');
    const messages = page.items.map(({ id, threadId }) => ({ id, threadId }));
    return { body: { ...(messages.length > 0 && { messages }), ...page.next, resultSizeEstimate: found.length } };
  }

  /** Undefined: the token is none. */
  private page<Item>(all: readonly Item[], query: URLSearchParams) {
    const token = query.get('pageToken');
    const [begin, made] = token === null ? [0, this.tokens] : token.split('.').map(Number);
    if (made !== this.tokens) return undefined;
    const end = begin! + Math.min(Number(query.get('maxResults') ?? 100), this.pageSize);
    return { items: all.slice(begin, end), next: end < all.length ? { nextPageToken: `${end}.${this.tokens}` } : {} };
  }
}

/** As much of the search language as tests use. https://support.google.com/mail/answer/7190 */
function conditionOf(q: string): (mail: Mail) => boolean {
  const terms = q.replaceAll(/[()]/g, ' ').split(/\s+/).filter(Boolean);
  const conditions = terms.map((term): ((mail: Mail) => boolean) => {
    const [, name, value] = /^(\w+):(.+)$/.exec(term) ?? [];
    if (name === 'after') return ({ internalDate: at }) => at > Number(value) * 1_000;
    if (name === 'before') return ({ internalDate: at }) => at < Number(value) * 1_000;
    if (name === 'from') return ({ from }) => from.includes(value!);
    if (name === 'is') return ({ labels }) => labels.has(value!.toUpperCase());
    return ({ subject }) => subject.toLowerCase().includes(term.toLowerCase());
  });
  return (mail) => conditions.every((fits) => fits(mail));
}

function shown(mail: Mail, query: URLSearchParams): object {
  const wanted = query.getAll('metadataHeaders').map((name) => name.toLowerCase());
  const headers = [
    { name: 'From', value: mail.from },
    { name: 'To', value: 'ada@gmail.example' },
    { name: 'Subject', value: mail.subject },
    { name: 'Message-ID', value: `<${mail.id}@example.com>` },
  ].filter(({ name }) => wanted.length === 0 || wanted.includes(name.toLowerCase()));
  return {
    id: mail.id,
    threadId: mail.threadId,
    labelIds: [...mail.labels],
    snippet: `About ${mail.subject}`,
    historyId: String(mail.historyId),
    internalDate: String(mail.internalDate),
    sizeEstimate: 2_000,
    payload: { partId: '', mimeType: 'text/plain', filename: '', headers },
  };
}
