import { type JsonObject } from '../../../common/json.js';
import { defineTool } from '../define-tool.js';
import { callApi, withQuery } from './http-api.js';

interface HttpRequestInput extends JsonObject {
  method: string;
  url: string;
  query: { [name: string]: string | number | boolean };
  headers: { [name: string]: string };
  accept_status: number[];
}

const scalar = { type: ['string', 'number', 'boolean'] };

export const httpRequest = defineTool<HttpRequestInput>({
  key: 'http.request',
  title: 'HTTP request',
  description:
    'Calls an HTTP API. A JSON answer is parsed, another one is text. Statuses other than 2xx (or `accept_status`) fail ' +
    'the node. Every request carries an `Idempotency-Key` that stays the same when the node is repeated after a crash. With a ' +
    'resource of type `http_api`, its credentials are sent and `url` may be what follows its `base_url`; with a `connection`, ' +
    "the account's token is sent to the APIs of its provider.",
  provider: '*',
  resourceTypes: ['http_api'],
  credentialsOptional: true,
  takesSecrets: true,
  effect: ({ method = 'GET' }) => (method === 'GET' || method === 'HEAD' ? 'read' : 'write'),
  input: {
    type: 'object',
    additionalProperties: false,
    required: ['url'],
    properties: {
      method: { enum: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'], default: 'GET' },
      url: {
        type: 'string',
        minLength: 1,
        maxLength: 8_192,
        description: 'An absolute http or https URL; with a resource, or the rest of one after its `base_url`.',
      },
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
  async run(context, { method, url, query, headers, body, accept_status: acceptStatus }) {
    const answer = await callApi(context, {
      method,
      url: withQuery(url, query),
      headers: { 'idempotency-key': context.idempotencyKey, ...headers },
      body,
      acceptStatus,
    });
    return { status: answer.status, headers: { ...answer.headers }, body: answer.body };
  },
});
