import { isJsonObject, type Json, type JsonObject } from '../../../common/json.js';
import { type Access, accountOf } from '../../credentials/access.js';
import { cut } from '../../credentials/text-finder.js';
import { type ApiAnswer, type ApiRequest } from '../api-call.js';
import { Fields } from '../fields.js';
import { troubleOf, type Verdict, verdictOf } from '../verdict.js';

/**
 * Reasons of a 403 that pass by themselves.
 * https://developers.google.com/workspace/gmail/api/guides/handle-errors,
 * https://developers.google.com/workspace/drive/api/guides/handle-errors
 */
const passingReasons = new Set([
  'rateLimitExceeded',
  'userRateLimitExceeded',
  'quotaExceeded',
  'sharingRateLimitExceeded',
  'RATE_LIMIT_EXCEEDED',
]);

/** Calls an API of Google in the name of the account. @returns the fields of its answer. @throws as Account.call */
export async function callGoogle(access: Access, request: ApiRequest): Promise<Fields> {
  return Fields.of(await accountOf(access).call(request, judge));
}

/** Google says why in `error`: `errors[].reason` in older APIs, `details[].reason` in newer ones. */
function judge(answer: ApiAnswer): Verdict {
  const verdict = verdictOf(answer);
  const error = isJsonObject(answer.body) && isJsonObject(answer.body.error) ? answer.body.error : undefined;
  if (typeof verdict === 'string' || !error) return verdict;
  const reasons = [...reasonsIn(error.errors), ...reasonsIn(error.details)];
  const trouble = troubleOf(answer);
  const why = reasons.length > 0 ? ` (${cut([...new Set(reasons)].join(', '), 200)}).` : '.';
  return {
    ...trouble,
    what: trouble.what.replace(/\.$/, why),
    retryable: trouble.retryable || (answer.status === 403 && reasons.some((reason) => passingReasons.has(reason))),
  };
}

function reasonsIn(list: Json | undefined): string[] {
  const items = Array.isArray(list) ? list.filter(isJsonObject) : [];
  return items.map(({ reason }: JsonObject) => reason).filter((reason) => typeof reason === 'string');
}
