import { isJsonObject } from '../../../common/json.js';
import { type Access, accountOf } from '../../credentials/access.js';
import { cut } from '../../credentials/text-finder.js';
import { type ApiAnswer, type ApiRequest } from '../api-call.js';
import { Fields } from '../fields.js';
import { type Verdict, verdictOf } from '../verdict.js';

/** The first version in which databases have data sources: https://developers.notion.com/reference/versioning */
const headers = { 'notion-version': '2025-09-03' };

/** Calls Notion in the name of the account. @returns the fields of its answer. @throws as Account.call */
export async function callNotion(access: Access, request: Omit<ApiRequest, 'api'>): Promise<Fields> {
  return Fields.of(await accountOf(access).call({ api: 'rest', ...request, headers }, judge));
}

/** `code` says why: https://developers.notion.com/reference/status-codes */
function judge(answer: ApiAnswer): Verdict {
  const verdict = verdictOf(answer);
  const code = isJsonObject(answer.body) ? answer.body.code : undefined;
  if (typeof verdict === 'string' || typeof code !== 'string') return verdict;
  const hint = code === 'object_not_found' ? ' Notion says so also about what was not shared with the connection.' : '';
  return { ...verdict, what: `${verdict.what.replace(/\.$/, '')} (${cut(code, 100)}).${hint}` };
}
