import { type Json, type JsonObject } from '../../common/json.js';
import { parseExpression } from '../../workflows/index.js';
import { verificationSchemeCatalogue, verificationSchemes } from '../webhooks/schemes/catalogue.js';
import { defineTrigger, type ReceivedDelivery } from './define-trigger.js';
import { expressionFaults } from './expression-faults.js';

type Verify = { type: string } & JsonObject;

interface WebhookConfig extends JsonObject {
  verify: Verify;
  respond: 'immediately' | 'when_finished';
  headers: string[];
}

/** Headers that say what an event is, in the ways that many senders have. */
const telling = [
  'ce-id',
  'ce-source',
  'ce-subject',
  'ce-time',
  'ce-type',
  'webhook-id',
  'x-event-key',
  'x-event-type',
  'x-github-event',
  'x-gitlab-event',
  'x-shopify-topic',
  'x-wc-webhook-topic',
];

/** Never data, whatever a subscription asks for. */
const credentials = new Set(['authorization', 'cookie', 'proxy-authorization', 'x-api-key', 'x-auth-token']);

/** What `dedupe_by` sees. */
const dedupeScope = { headers: true, body: true, query: true, method: { type: 'string' } };

const verifySchema: JsonObject = {
  type: 'object',
  required: ['type'],
  properties: { type: { enum: verificationSchemes.map(({ key }) => key) } },
  allOf: verificationSchemes.map(({ key, options }) => ({
    if: { properties: { type: { const: key } }, required: ['type'] },
    then: {
      additionalProperties: false,
      required: [...options.required],
      properties: { type: { const: key }, ...options.properties },
    },
  })),
  description: `How a delivery proves where it comes from: ${verificationSchemes.map(({ key, title }) => `\`${key}\` (${title})`).join(', ')}.`,
};

/** https://www.standardwebhooks.com and the ways of senders that are older than it. */
export const webhook = defineTrigger<WebhookConfig>({
  key: 'webhook',
  title: 'Webhook',
  description:
    'Somebody sends JSON to a link of this subscription. `verify` says how the sender proves who it is; the same event within ' +
    '24 hours starts one run. What makes it the same is the id that its way of signing has, else body, query and method; ' +
    '`dedupe_by` says it otherwise. With `respond: when_finished`, the answer is the output of the run.',
  mode: 'webhook',
  config: {
    required: ['verify'],
    properties: {
      verify: verifySchema,
      respond: {
        enum: ['immediately', 'when_finished'],
        default: 'immediately',
        description:
          '`immediately`: 202, as soon as the event is safe. `when_finished`: 200 with the output of the run.',
      },
      headers: {
        type: 'array',
        maxItems: 50,
        items: { type: 'string', pattern: '^[A-Za-z0-9!#$%&*+.^_|~-]{1,100}$', description: 'the name of a header' },
        default: [],
        description: `Headers that become data of the event, besides ${telling.join(', ')}. Credentials never do.`,
      },
      dedupe_by: {
        type: 'string',
        minLength: 1,
        maxLength: 10_000,
        description:
          'CEL over `headers`, `body`, `query` and `method`: what makes it the same event, such as `body.order_id`.',
      },
    },
  },
  event: {
    type: 'object',
    additionalProperties: false,
    required: ['headers', 'body', 'query', 'method'],
    properties: {
      headers: { type: 'object', additionalProperties: { type: 'string' } },
      body: true,
      query: { type: 'object' },
      method: { type: 'string' },
    },
  },
  sample: {
    headers: { 'x-event-type': 'order.created' },
    body: { order_id: 'A-17', total: 99.5 },
    query: {},
    method: 'POST',
  },
  example: { verify: { type: 'standard_webhooks' }, filter: 'trigger.data.body.total > 10' },
  check: ({ dedupe_by: source }) =>
    typeof source === 'string' ? expressionFaults('/dedupe_by', source, dedupeScope) : [],
  warn: ({ verify }) =>
    verify.type === 'none' ? 'Its webhook takes deliveries from anybody who has the link (verify: none).' : undefined,
  verification: ({ verify }) => verify,
  answersWithOutput: ({ respond }) => respond === 'when_finished',
  read(delivery, config) {
    const { json: body, query, method, id } = delivery;
    const data = { headers: shownHeaders(delivery, config), body, query, method };
    return { data, key: keyOf(delivery, config, id === undefined ? { body, query, method } : { id }) };
  },
});

function secretHeaders({ verify }: WebhookConfig): Set<string> {
  const scheme = verificationSchemeCatalogue.get(verify.type);
  return new Set([...credentials, ...(scheme?.headers(verify) ?? [])]);
}

function shownHeaders({ headers }: ReceivedDelivery, config: WebhookConfig): JsonObject {
  const secret = secretHeaders(config);
  const names = [...telling, ...config.headers.map((name) => name.toLowerCase())];
  const shown = names.filter((name) => headers[name] !== undefined && (!secret.has(name) || name === 'webhook-id'));
  return Object.fromEntries(shown.map((name) => [name, headers[name]!]));
}

/** @throws ExpressionError when the delivery lacks what makes it the same */
function keyOf({ headers, json: body, query, method }: ReceivedDelivery, config: WebhookConfig, otherwise: Json): Json {
  if (typeof config.dedupe_by !== 'string') return otherwise;
  const secret = secretHeaders(config);
  const visible = Object.fromEntries(
    Object.entries(headers).filter(([name]) => !secret.has(name) || name === 'webhook-id'),
  );
  return parseExpression(config.dedupe_by).evaluate({ headers: visible, body, query, method });
}
