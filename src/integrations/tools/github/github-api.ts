import { isJsonObject, type Json } from '../../../common/json.js';
import { type Access, accountOf } from '../../credentials/access.js';
import { cut } from '../../credentials/text-finder.js';
import { type ApiAnswer, type ApiPath, type ApiRequest } from '../api-call.js';
import { Fields } from '../fields.js';
import { type Part } from '../paging.js';
import { retryAfterOf, type Trouble, troubleOf, type Verdict, verdictOf } from '../verdict.js';

/** https://docs.github.com/en/rest/about-the-rest-api/api-versions */
const headers = { accept: 'application/vnd.github+json', 'x-github-api-version': '2022-11-28' };

/** The most that GitHub gives at once. */
export const GITHUB_PAGE_SIZE = 100;

/** How long to wait when GitHub does not say: rate-limits-for-the-rest-api#exceeding-the-rate-limit */
const PAUSE_SECONDS = 60;

/** Calls GitHub in the name of the account. @throws as Account.call */
export function callGitHub(access: Access, request: Omit<ApiRequest, 'api'>): Promise<ApiAnswer> {
  return accountOf(access).call({ api: 'rest', ...request, headers: { ...headers, ...request.headers } }, judge);
}

/**
 * One page of a list. Which page comes next is counted here: the addresses in `Link` are the other side's, and a token does
 * not go where these say.
 */
export async function pageOf(
  access: Access,
  path: ApiPath,
  query: NonNullable<ApiRequest['query']>,
  cursor: string | undefined,
): Promise<Part<Fields>> {
  const page = Number(cursor ?? 1);
  const answer = await callGitHub(access, { path, query: { ...query, page } });
  const hasNext = /;\s*rel="?next"?/i.test(answer.headers.link ?? '');
  return { items: Fields.listOf(answer), next: hasNext ? String(page + 1) : undefined };
}

/** https://docs.github.com/en/rest/using-the-rest-api/troubleshooting-the-rest-api */
function judge(answer: ApiAnswer): Verdict {
  const verdict = verdictOf(answer);
  if (typeof verdict === 'string') return verdict;
  const { status } = answer;
  const limit = status === 403 || status === 429 ? limitOf(answer) : undefined;
  return limit ?? { ...verdict, what: `${verdict.what.replace(/\.$/, '')}${detailsOf(answer)}.${hintOf(status)}` };
}

/** Both kinds of rate limits answer 403 or 429. */
function limitOf(answer: ApiAnswer): Trouble | undefined {
  const { headers: told, body } = answer;
  const message = isJsonObject(body) && typeof body.message === 'string' ? body.message : '';
  const isOver = told['x-ratelimit-remaining'] === '0';
  const isLimit = isOver || 'retry-after' in told || /rate limit/i.test(message) || answer.status === 429;
  if (!isLimit) return undefined;
  const reset = Number(told['x-ratelimit-reset']) - Math.floor(Date.now() / 1_000);
  const untilReset = isOver && Number.isFinite(reset) ? Math.max(0, reset) : PAUSE_SECONDS;
  return { ...troubleOf(answer), retryable: true, retryAfter: untilReset, ...retryAfterOf(told) };
}

/** What is wrong with which field: objects with a code and perhaps a message, or texts. */
function detailsOf({ body }: ApiAnswer): string {
  const errors = isJsonObject(body) && Array.isArray(body.errors) ? body.errors : [];
  const texts = errors.map(detailOf).filter((text) => text !== '');
  return texts.length > 0 ? ` (${cut(texts.join('; '), 500)})` : '';
}

function detailOf(error: Json): string {
  if (typeof error === 'string') return error;
  if (!isJsonObject(error)) return '';
  const { field, code, message } = error;
  return [field, code === 'custom' ? undefined : code, message].filter((text) => typeof text === 'string').join(' ');
}

function hintOf(status: number): string {
  if (status !== 404) return '';
  return ' GitHub says so also about what the account may not see; private repositories need the scope repo.';
}
