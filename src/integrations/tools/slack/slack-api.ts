import { isJsonObject, type JsonObject } from '../../../common/json.js';
import { type Access, accountOf } from '../../credentials/access.js';
import { cut } from '../../credentials/text-finder.js';
import { apiPath, type ApiAnswer, type ApiRequest } from '../api-call.js';
import { Fields } from '../fields.js';
import { retryAfterOf, type Verdict, verdictOf } from '../verdict.js';

/** Slack answers 200 also to a token that is none: https://docs.slack.dev/reference/methods/auth.test#errors */
const tokenErrors = new Set([
  'invalid_auth',
  'not_authed',
  'token_revoked',
  'token_expired',
  'account_inactive',
  'no_permission_for_token',
]);

/** Errors that every method has, and that pass: https://docs.slack.dev/reference/methods/chat.postMessage#errors */
const passingErrors = new Set([
  'ratelimited',
  'rate_limited',
  'internal_error',
  'fatal_error',
  'service_unavailable',
  'request_timeout',
  'team_added_to_org',
]);

/** What to do about errors that people meet. */
const advice: Readonly<Record<string, string>> = {
  not_in_channel: 'Invite the app into the channel first: type /invite @ and its name there.',
  channel_not_found: 'There is no such channel, or it is a private one that the app is not in: invite it there.',
  is_archived: 'The channel is archived.',
  missing_scope: 'Connect the workspace again with the scope that is needed.',
  msg_too_long: 'The text is too long.',
  no_text: 'There is neither a text nor a block.',
  invalid_blocks: 'The blocks are not valid.',
  restricted_action: 'A setting of the workspace does not let the app write there.',
  invalid_cursor: 'The cursor is none of this list.',
};

/** Calls a method of the Web API in the name of the app. @returns the fields of its answer. @throws as Account.call */
export async function callSlack(access: Access, method: string, request: Pick<ApiRequest, 'query' | 'body'> = {}) {
  const call = { api: 'web', path: apiPath`/${method}`, ...request };
  return Fields.of(
    await accountOf(access).call({ ...call, method: request.body === undefined ? 'GET' : 'POST' }, judge),
  );
}

/** https://docs.slack.dev/apis/web-api/#responses */
function judge(answer: ApiAnswer): Verdict {
  const verdict = verdictOf(answer);
  const body = isJsonObject(answer.body) ? answer.body : undefined;
  const error = typeof body?.error === 'string' ? body.error : undefined;
  if (error !== undefined && tokenErrors.has(error)) return 'unauthorized';
  if (verdict !== 'good' || !body || body.ok === true) return verdict;
  const code = error ?? 'no reason';
  return {
    what: `refused ${answer.method}: ${code}${detailsOf(body)}.${adviceOn(code)}`,
    retryable: passingErrors.has(code),
    ...retryAfterOf(answer.headers),
  };
}

function detailsOf({ needed, response_metadata: metadata }: JsonObject): string {
  const messages = isJsonObject(metadata) && Array.isArray(metadata.messages) ? metadata.messages : [];
  const texts = [typeof needed === 'string' && `needed: ${needed}`, ...messages].filter(
    (text) => typeof text === 'string',
  );
  return texts.length > 0 ? ` (${cut(texts.join('; '), 500)})` : '';
}

function adviceOn(code: string): string {
  return Object.hasOwn(advice, code) ? ` ${advice[code]}` : '';
}
