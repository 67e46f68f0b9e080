import { isJsonObject, type Json, type JsonObject } from '../../../common/json.js';
import { type Access, accountOf } from '../../credentials/access.js';
import { cut } from '../../credentials/text-finder.js';
import { apiPath, type ApiAnswer } from '../api-call.js';
import { Fields } from '../fields.js';
import { retryAfterOf, type Trouble, troubleOf, type Verdict, verdictOf } from '../verdict.js';

/** Codes of errors that pass: https://linear.app/developers/rate-limiting, https://linear.app/developers/graphql */
const passingCodes = new Set(['RATELIMITED', 'INTERNAL_SERVER_ERROR', 'SERVICE_UNAVAILABLE']);

/** Asks Linear in the name of the account. @returns the fields of `data`. @throws as Account.call */
export async function callLinear(access: Access, query: string, variables: JsonObject): Promise<Fields> {
  const request = { method: 'POST', api: 'graphql', path: apiPath`/graphql`, body: { query, variables } } as const;
  return Fields.of(await accountOf(access).call(request, judge)).object('data');
}

/** GraphQL tells errors in `errors`, with status 200, 400 or another. */
function judge(answer: ApiAnswer): Verdict {
  const verdict = verdictOf(answer);
  const errors = errorsIn(answer);
  if (errors.some((error) => codeOf(error) === 'AUTHENTICATION_ERROR')) return 'unauthorized';
  if (errors.length === 0 || verdict === 'unauthorized') return verdict;
  const words = cut(errors.map(wordsOf).join('; '), 500).replace(/\.$/, '');
  const isPassing = errors.some((error) => passingCodes.has(codeOf(error) ?? ''));
  const trouble: Trouble = typeof verdict === 'string' ? { ...troubleOf(answer), retryable: false } : verdict;
  return {
    ...trouble,
    what: `answered ${answer.status} to ${answer.method}: ${words}.`,
    retryable: trouble.retryable || isPassing,
    ...(isPassing && resetOf(answer)),
  };
}

function errorsIn({ body }: ApiAnswer): JsonObject[] {
  const errors: Json | undefined = isJsonObject(body) ? body.errors : undefined;
  return Array.isArray(errors) ? errors.filter(isJsonObject) : [];
}

function codeOf({ extensions }: JsonObject): string | undefined {
  return isJsonObject(extensions) && typeof extensions.code === 'string' ? extensions.code : undefined;
}

function wordsOf(error: JsonObject): string {
  const { extensions, message } = error;
  const forPeople = isJsonObject(extensions) ? extensions.userPresentableMessage : undefined;
  const [text = 'an error without a message'] = [forPeople, message].filter((one) => typeof one === 'string');
  const code = codeOf(error);
  return code === undefined ? text : `${text.replace(/\.$/, '')} (${code})`;
}

/** When the limit is lifted, in milliseconds since 1970. */
function resetOf({ headers }: ApiAnswer): { retryAfter?: number } {
  const reset = Number(headers['x-ratelimit-requests-reset']);
  const seconds = Math.ceil((reset - Date.now()) / 1_000);
  return { ...(Number.isFinite(seconds) && { retryAfter: Math.max(0, seconds) }), ...retryAfterOf(headers) };
}
