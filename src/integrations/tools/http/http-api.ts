import { type Json } from '../../../common/json.js';
import { type Access, type ResourceAccess } from '../../credentials/access.js';
import { type ApiAnswer } from '../api-call.js';
import { parseJson } from '../parse-json.js';
import { ToolError } from '../tool-error.js';
import { errorOf, shorten, troubleOf } from '../verdict.js';

/** Metadata of a resource of type `http_api`. */
export type HttpApiMetadata = {
  base_url: string;
  test_path: string;
  username?: string;
  /** Keys of secrets by the header that is sent with them. */
  headers?: { [header: string]: string };
};

/** A request to an HTTP API: one of a resource, of the provider of an account, or any. */
export interface HttpCall {
  readonly method: string;
  /** Absolute; with a resource it may be what follows `base_url`. */
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON; a text as it is. */
  readonly body?: Json | undefined;
  /** Statuses that are a success; 2xx when there are none. */
  readonly acceptStatus?: readonly number[];
}

/**
 * Calls an API with whatever credentials there are.
 * @throws ToolError when the status is none of those that are a success
 */
export async function callApi(access: Access, call: HttpCall): Promise<ApiAnswer> {
  const { egress, resource, account, signal } = access;
  const request = {
    method: call.method,
    url: resource ? absolute(call.url, resource) : call.url,
    headers: {
      ...defaultHeaders(call.body),
      ...lowerCase(call.headers ?? {}),
      ...(resource && credentialsOf(resource, access)),
    },
    ...(call.body !== undefined && { body: typeof call.body === 'string' ? call.body : JSON.stringify(call.body) }),
    signal,
  };
  const response = account ? await account.send(request) : await egress.request(request);
  const answer = {
    ...response,
    method: call.method,
    host: new URL(response.url).host,
    body: parseBody(response.body, response.headers),
  };
  if (isAccepted(answer.status, call.acceptStatus ?? [])) return answer;
  throw errorOf(answer, troubleOf(answer));
}

/** Like a link in a page below `base_url`, except that a leading slash does not leave its path. */
function absolute(url: string, { metadata }: ResourceAccess): string {
  if (URL.canParse(url)) return url;
  const { base_url } = metadata as HttpApiMetadata;
  const base = base_url.replace(/\/$/, '');
  return url === '' || url.startsWith('?') ? base + url : `${base}/${url.replace(/^\//, '')}`;
}

/** The headers that a resource proves itself with. @throws ToolError when it names a secret that it hasn't */
export function credentialsOf(
  { resourceId, metadata, secrets }: ResourceAccess,
  access: Access,
): Record<string, string> {
  const { username, headers: secretHeaders = {} } = metadata as HttpApiMetadata;
  const headers: Record<string, string> = {};
  const { bearer_token: token, password } = secrets;
  if (token !== undefined) headers.authorization = `Bearer ${token}`;
  else if (password !== undefined && username !== undefined) {
    const basic = Buffer.from(`${username}:${password}`).toString('base64');
    access.hide(basic);
    headers.authorization = `Basic ${basic}`;
  }
  for (const [name, key] of Object.entries(secretHeaders)) {
    const value = secrets[key];
    if (value === undefined) {
      const message = `${resourceId} sends its secret "${key}" in the header ${name}, but has no such secret.`;
      throw new ToolError('input-invalid', message, false);
    }
    headers[name.toLowerCase()] = value;
  }
  return headers;
}

function defaultHeaders(body: Json | undefined): Record<string, string> {
  const accept = { accept: 'application/json, text/*;q=0.9, */*;q=0.5', 'user-agent': 'Seer' };
  if (body === undefined) return accept;
  return { ...accept, 'content-type': typeof body === 'string' ? 'text/plain; charset=utf-8' : 'application/json' };
}

function lowerCase(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

function isAccepted(status: number, accepted: readonly number[]): boolean {
  return accepted.length > 0 ? accepted.includes(status) : status >= 200 && status < 300;
}

function parseBody(body: Buffer, headers: Readonly<Record<string, string>>): Json {
  if (body.length === 0) return null;
  const text = body.toString('utf8');
  if (!/^application\/([\w.+-]+\+)?json\b/i.test(headers['content-type'] ?? '')) return text;
  try {
    return parseJson(text);
  } catch (error) {
    if (error instanceof ToolError) throw error;
    throw new ToolError('upstream-error', 'The answer says that it is JSON, but it is not.', true, shorten(text));
  }
}

/** The address with these added, encoded. */
export function withQuery(url: string, query: Readonly<Record<string, string | number | boolean>>): string {
  const added = new URLSearchParams(
    Object.entries(query).map(([name, value]): [string, string] => [name, String(value)]),
  ).toString();
  if (added === '') return url;
  const [address, fragment] = url.split('#', 2) as [string, string?];
  const separator = !address.includes('?') ? '?' : /[?&]$/.test(address) ? '' : '&';
  return `${address}${separator}${added}${fragment === undefined ? '' : `#${fragment}`}`;
}
