import { isJsonObject } from '../../../common/json.js';
import { type Access, apiPath, callGoogle, type Fields, ToolError } from '../../../integrations/index.js';

/** The most that Gmail gives at once, of history as of mails. */
const PAGE_SIZE = 500;

/** A part of a list of ids of mails, and what the next part is asked for with; null: this was the last one. */
export interface IdPage {
  readonly ids: readonly string[];
  readonly next: string | null;
}

export interface HistoryPage extends IdPage {
  /** Of the mailbox when it was asked. */
  readonly historyId: string;
}

/** https://developers.google.com/workspace/gmail/api/reference/rest/v1/users/getProfile */
export async function currentHistoryId(access: Access): Promise<string> {
  return (await callGoogle(access, { api: 'gmail', path: apiPath`/users/me/profile` })).text('historyId');
}

/**
 * Mails that were added after `start`, or that were given one of these labels, oldest first.
 * https://developers.google.com/workspace/gmail/api/reference/rest/v1/users.history/list
 * @throws ToolError; with status 404 when Gmail has forgotten what was after `start`
 */
export async function historyPage(
  access: Access,
  { start, token, labels }: { start: string; token: string | null; labels: readonly string[] },
): Promise<HistoryPage> {
  const page = await callGoogle(access, {
    api: 'gmail',
    path: apiPath`/users/me/history`,
    query: {
      startHistoryId: start,
      historyTypes: ['messageAdded', ...(labels.length > 0 ? ['labelAdded'] : [])],
      maxResults: PAGE_SIZE,
      ...(token !== null && { pageToken: token }),
    },
  });
  const ids = page.objects('history').flatMap((record) => [
    ...record
      .objects('messagesAdded')
      .map((added) => added.object('message'))
      // Each time a draft is saved, it is another mail.
      .filter((message) => !message.texts('labelIds').includes('DRAFT'))
      .map((message) => message.text('id')),
    ...record
      .objects('labelsAdded')
      .filter((added) => added.texts('labelIds').some((label) => labels.includes(label)))
      .map((added) => added.object('message').text('id')),
  ]);
  return { ids, next: page.textOrNull('nextPageToken'), historyId: page.text('historyId') };
}

/**
 * Mails that the search finds, newest first.
 * https://developers.google.com/workspace/gmail/api/reference/rest/v1/users.messages/list
 */
export async function searchPage(
  access: Access,
  search: { q: string; labels: readonly string[]; spamTrash: boolean; token: string | null },
): Promise<IdPage> {
  const page = await callGoogle(access, {
    api: 'gmail',
    path: apiPath`/users/me/messages`,
    query: {
      q: search.q,
      labelIds: search.labels,
      includeSpamTrash: search.spamTrash,
      maxResults: PAGE_SIZE,
      ...(search.token !== null && { pageToken: search.token }),
    },
  });
  return { ids: page.objects('messages').map((one) => one.text('id')), next: page.textOrNull('nextPageToken') };
}

/**
 * A mail without its content; undefined: it is gone.
 * https://developers.google.com/workspace/gmail/api/reference/rest/v1/users.messages/get
 */
export async function findMail(access: Access, id: string): Promise<Fields | undefined> {
  const path = apiPath`/users/me/messages/${id}`;
  const query = { format: 'metadata', metadataHeaders: ['Subject', 'From', 'To'] };
  try {
    return await callGoogle(access, { api: 'gmail', path, query });
  } catch (error) {
    if (isStatus(error, 404)) return undefined;
    throw error;
  }
}

/** Whether it is an answer of this status. */
export function isStatus(error: unknown, status: number): boolean {
  return error instanceof ToolError && isJsonObject(error.problem) && error.problem.status === status;
}
