import { type Json, type JsonObject } from '../../common/json.js';
import { defineTool, ToolError } from './define-tool.js';

interface HttpRequestInput extends JsonObject {
  method: string;
  url: string;
  query: { [name: string]: string | number | boolean };
  headers: { [name: string]: string };
  accept_status: number[];
}

const scalar = { type: ['string', 'number', 'boolean'] };

/** Statuses that another attempt may turn into a success. */
const retryable = new Set([408, 425, 429, 500, 502, 503, 504]);

/** How much of a refusal's body is kept with the error. */
const PROBLEM_CHARACTERS = 2_000;

export const httpRequest = defineTool<HttpRequestInput>({
  key: 'http.request',
  title: 'HTTP request',
  description:
    'Calls an HTTP API. A JSON answer is parsed, another one is text. Statuses other than 2xx (or `accept_status`) fail ' +
    'the node. Every request carries an `Idempotency-Key` that stays the same when the node is repeated after a crash.',
  effect: ({ method = 'GET' }) => (method === 'GET' || method === 'HEAD' ? 'read' : 'write'),
  input: {
    type: 'object',
    additionalProperties: false,
    required: ['url'],
    properties: {
      method: { enum: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'], default: 'GET' },
      url: { type: 'string', minLength: 1, maxLength: 8_192, description: 'An absolute http or https URL.' },
      query: { type: 'object', additionalProperties: scalar, default: {}, description: 'Added to the URL, encoded.' },
      headers: { type: 'object', additionalProperties: { type: 'string' }, default: {} },
      body: { description: 'Sent as JSON; a string is sent as it is.' },
      accept_status: { type: 'array', items: { type: 'integer', minimum: 100, maximum: 599 }, default: [] },
    },
  },
  output: {
    type: 'object',
    additionalProperties: false,
    required: ['status', 'headers', 'body'],
    properties: {
      status: { type: 'integer' },
      headers: { type: 'object', additionalProperties: { type: 'string' } },
      body: { description: 'The parsed JSON, else text, else null.' },
    },
  },
  example: { method: 'GET', url: 'https://api.example.com/todos', query: { done: false } },
  hosts: ({ url }) => {
    const host =
      typeof url === 'string' && !url.split('/', 3).join('/').includes('${') ? URL.parse(url)?.host : undefined;
    return host ? [host] : [];
  },
  async run({ egress, signal, idempotencyKey }, input) {
    const response = await egress.request({
      method: input.method,
      url: withQuery(input.url, input.query),
      headers: { 'idempotency-key': idempotencyKey, ...defaultHeaders(input.body), ...lowerCase(input.headers) },
      body: bodyText(input.body),
      signal,
    });
    const body = parseBody(response.body, response.headers['content-type'] ?? '');
    if (isAccepted(response.status, input.accept_status)) {
      return { status: response.status, headers: { ...response.headers }, body };
    }
    const host = new URL(response.url).host;
    throw new ToolError(
      response.status >= 500 || response.status === 429 ? 'upstream-error' : 'upstream-refused',
      `${host} answered ${response.status} to ${input.method}.`,
      retryable.has(response.status),
      { status: response.status, body: shorten(body) },
    );
  },
});

function withQuery(url: string, query: HttpRequestInput['query']): string {
  const names = Object.keys(query);
  const parsed = names.length > 0 ? URL.parse(url) : null;
  if (!parsed) return url;
  for (const name of names) parsed.searchParams.append(name, String(query[name]));
  return parsed.href;
}

function defaultHeaders(body: Json | undefined): Record<string, string> {
  const accept = { accept: 'application/json, text/*;q=0.9, */*;q=0.5', 'user-agent': 'Seer' };
  if (body === undefined) return accept;
  return { ...accept, 'content-type': typeof body === 'string' ? 'text/plain; charset=utf-8' : 'application/json' };
}

function lowerCase(headers: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

function bodyText(body: Json | undefined): string | undefined {
  if (body === undefined) return undefined;
  return typeof body === 'string' ? body : JSON.stringify(body);
}

function isAccepted(status: number, accepted: readonly number[]): boolean {
  return accepted.length > 0 ? accepted.includes(status) : status >= 200 && status < 300;
}

function parseBody(body: Buffer, contentType: string): Json {
  if (body.length === 0) return null;
  const text = body.toString('utf8');
  if (!/^application\/([\w.+-]+\+)?json\b/i.test(contentType)) return text;
  try {
    return JSON.parse(text, mayOverflow.test(text) ? refuseInfinity : undefined) as Json;
  } catch (error) {
    if (error instanceof ToolError) throw error;
    throw new ToolError('upstream-error', 'The answer says that it is JSON, but it is not.', true, shorten(text));
  }
}

/** A text in which a number could be too large for a 64-bit float: that would become Infinity, and null when stored. */
const mayOverflow = /\de\+?\d{3}|\d{309}/i;

function refuseInfinity(_key: string, value: unknown): unknown {
  if (value !== Infinity && value !== -Infinity) return value;
  throw new ToolError('upstream-refused', 'The answer holds a number that is too large for a 64-bit float.', false);
}

function shorten(body: Json): Json {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return text.length <= PROBLEM_CHARACTERS ? body : `${text.slice(0, PROBLEM_CHARACTERS)}…`;
}
