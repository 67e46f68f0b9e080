import { type Access, type Fields } from '../../../integrations/index.js';
import { type Wanted } from './candidates.js';
import { searchPage } from './mailbox.js';

/** Mails whose times are not further apart are searched for together. */
const WINDOW_MS = 3_600_000;
/** Pages of one window. */
const MOST_PAGES = 20;

/** Ids of those of these mails that the query finds. */
export async function matching(access: Access, wanted: Wanted, mails: readonly Fields[]): Promise<Set<string>> {
  const found = new Set<string>();
  if (wanted.query === '') return new Set(mails.map((mail) => mail.text('id')));
  for (const window of windowsOf(mails)) {
    const missing = new Set(window.map((mail) => mail.text('id')));
    // Seconds, and neither end is in it.
    const after = Math.floor(timeOf(window[0]!) / 1_000) - 1;
    const before = Math.ceil(timeOf(window.at(-1)!) / 1_000) + 1;
    const q = `(${wanted.query}) after:${after} before:${before}`;
    let token: string | null = null;
    for (let pages = 0; pages < MOST_PAGES && missing.size > 0; pages++) {
      const page = await searchPage(access, { q, labels: [], spamTrash: wanted.include_spam_trash, token });
      for (const id of page.ids) if (missing.delete(id)) found.add(id);
      token = page.next;
      if (token === null) break;
    }
  }
  return found;
}

/** By their time, oldest first: a mail that comes late with an old time makes no search of all that lies between. */
function windowsOf(mails: readonly Fields[]): Fields[][] {
  const windows: Fields[][] = [];
  for (const mail of mails.toSorted((one, other) => timeOf(one) - timeOf(other))) {
    const last = windows.at(-1);
    if (last && timeOf(mail) - timeOf(last.at(-1)!) <= WINDOW_MS) last.push(mail);
    else windows.push([mail]);
  }
  return windows;
}

function timeOf(mail: Fields): number {
  const time = Number(mail.text('internalDate'));
  if (!Number.isFinite(time)) throw mail.wrong('internalDate', 'a time');
  return time;
}
