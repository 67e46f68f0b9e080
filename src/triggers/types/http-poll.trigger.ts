import { type Json, type JsonObject } from '../../common/json.js';
import { type JsonSchema } from '../../common/json-schema.js';
import { makeStorable } from '../../common/storable-text.js';
import { type Access, callApi, ToolError, withQuery } from '../../integrations/index.js';
import { Budget, parseExpression } from '../../workflows/index.js';
import { defineTrigger, type PollRequest, type PollResult } from './define-trigger.js';
import { expressionFaults } from './expression-faults.js';
import { markOf, whatIsNew } from './feeds/seen.js';
import { intervalFaults, intervalProperty } from './poll-interval.js';

interface HttpPollConfig extends JsonObject {
  request: {
    method: 'GET' | 'POST';
    url: string;
    query: { [name: string]: string | number | boolean };
    headers: { [name: string]: string };
    body?: Json;
  };
  items: string;
  id: string;
}

type HttpPollCursor = {
  /** Marks of the items that were seen, see seen.ts. */
  seen: string[];
};

/** Items of one answer … */
const MOST_ITEMS = 2_000;
/** … and their size as JSON: as much as an answer may have. What of it is too large for an event is one that fails. */
const MOST_BYTES = 5_242_880;
/** Items that become events at once. */
const MOST_EVENTS = 100;

const scalar = { type: ['string', 'number', 'boolean'] };
const responseSchema: JsonSchema = {
  type: 'object',
  additionalProperties: false,
  required: ['status', 'headers', 'body'],
  properties: {
    status: { type: 'integer' },
    headers: { type: 'object', additionalProperties: { type: 'string' } },
    body: true,
  },
};
const expression = (description: string) => ({ type: 'string', minLength: 1, maxLength: 10_000, description });

export const httpPoll = defineTrigger<HttpPollConfig, HttpPollCursor>({
  key: 'http_poll',
  title: 'New items of an HTTP API',
  description:
    'Asks an HTTP API again and again for a list; each item whose id was not in it before is an event. `items` says where the ' +
    'list is, `id` what makes an item the same. The list should hold all that can come between two times it is asked. With a ' +
    'resource of type `http_api`, its credentials are sent and `url` may be what follows its `base_url`.',
  mode: 'poll',
  needs: { resourceTypes: ['http_api'], credentialsOptional: true },
  config: {
    required: ['request', 'items', 'id'],
    properties: {
      request: {
        type: 'object',
        additionalProperties: false,
        required: ['url'],
        properties: {
          method: { enum: ['GET', 'POST'], default: 'GET', description: 'What changes nothing on the other side.' },
          url: { type: 'string', minLength: 1, maxLength: 8_192 },
          query: { type: 'object', maxProperties: 100, additionalProperties: scalar, default: {} },
          headers: { type: 'object', maxProperties: 100, additionalProperties: { type: 'string' }, default: {} },
          body: { description: 'Sent as JSON; a string is sent as it is.' },
        },
      },
      resource_id: {
        type: 'string',
        pattern: '^res_[0-9a-f-]{36}$',
        description: 'A resource of type `http_api`, for secrets: what is in `request` is none.',
      },
      items: expression('CEL over `response` (`status`, `headers`, `body`): a list, such as `response.body.orders`.'),
      id: expression('CEL over `item`: what tells it from the others, such as `item.id`.'),
      interval: intervalProperty,
    },
  },
  event: { description: 'The item.' },
  sample: { id: 'A-17', total: 99.5 },
  example: {
    request: { url: 'https://shop.example.com/api/orders', query: { sort: '-created' } },
    items: 'response.body.orders',
    id: 'item.id',
    interval: '1m',
  },
  check: (config) => [
    ...intervalFaults(config),
    ...expressionFaults('/items', config.items, { response: responseSchema }, 'list'),
    ...expressionFaults('/id', config.id, { item: true }),
  ],
  poll,
});

async function poll(
  access: Access,
  { config, cursor }: PollRequest<HttpPollConfig, HttpPollCursor>,
): Promise<PollResult<HttpPollCursor>> {
  const { method, url, query, headers, body } = config.request;
  const {
    status,
    headers: received,
    body: answer,
  } = await callApi(access, {
    method,
    url: withQuery(url, query),
    headers,
    body,
  });
  const items = itemsOf(config.items, storable({ status, headers: { ...received }, body: answer }));
  const id = parseExpression(config.id);
  const ids = items.map((item) => id.evaluate({ item }));
  const { fresh, seen, more } = whatIsNew(ids.map(markOf), cursor?.seen, MOST_EVENTS);
  return { events: fresh.map((index) => ({ data: items[index]!, key: { id: ids[index]! } })), cursor: { seen }, more };
}

/** An expression refuses what a database can't hold, and one item that has it would keep all others from coming. */
function storable(response: JsonObject): JsonObject {
  return JSON.parse(makeStorable(JSON.stringify(response))) as JsonObject;
}

function itemsOf(source: string, response: JsonObject): Json[] {
  const room = new Budget(MOST_BYTES, `The list is larger than ${MOST_BYTES} bytes of JSON`);
  const items = parseExpression(source).evaluate({ response }, undefined, room);
  if (!Array.isArray(items)) throw new ToolError('input-invalid', '`items` gives no list for this answer.', false);
  if (items.length <= MOST_ITEMS) return items;
  const message = `\`items\` gives a list of ${items.length}; ${MOST_ITEMS} are the most that is looked at.`;
  throw new ToolError('input-invalid', message, false);
}
