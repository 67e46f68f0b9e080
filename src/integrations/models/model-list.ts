import { isJsonObject } from '../../common/json.js';
import { type Access, resourceOf } from '../credentials/access.js';
import { callApi } from '../tools/http/http-api.js';
import { ToolError } from '../tools/tool-error.js';

/** More than these no list shows. */
const MOST = 1_000;

/** `GET …/models`, which OpenAI, Anthropic and those who copy them answer alike. */
export async function listModels(
  access: Access,
  headers: Readonly<Record<string, string>>,
  prefix = '',
): Promise<string[]> {
  const { metadata } = resourceOf(access);
  const url = `${(metadata.base_url as string).replace(/\/$/, '')}${prefix}/models`;
  const { body, host } = await callApi(
    { ...access, account: undefined, resource: undefined },
    { method: 'GET', url, headers },
  );
  const list = isJsonObject(body) ? body.data : undefined;
  if (!Array.isArray(list)) {
    throw new ToolError('upstream-refused', `${host} answered without a list of models.`, false);
  }
  return list
    .flatMap((model) => (isJsonObject(model) && typeof model.id === 'string' ? [model.id] : []))
    .slice(0, MOST)
    .sort();
}
