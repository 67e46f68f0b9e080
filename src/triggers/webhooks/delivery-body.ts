import { fieldsIn } from '../../common/http/body/form-body.js';
import { MediaTypeUnsupportedError } from '../../common/http/body/body.errors.js';
import { parseJson } from '../../common/http/body/parse-json.js';
import { type Json } from '../../common/json.js';
import { type Delivery } from '../../common/webhooks/delivery.js';
import { DeliveryRefusedError } from '../../common/webhooks/delivery.errors.js';

const json = /^application\/(?:[\w.!#$&^-]+\+)?json\s*(?:;\s*charset\s*=\s*"?utf-?8"?\s*)?$/i;
const form = /^application\/x-www-form-urlencoded\s*(?:;\s*charset\s*=\s*"?utf-?8"?\s*)?$/i;

/**
 * The body of a delivery, to be read after it has been verified. JSON in UTF-8, as in every other body; forms, only where
 * the sender is known to send them.
 * @throws MediaTypeUnsupportedError, DeliveryRefusedError, JsonMalformedError, JsonRefusedError, BodyNotUtf8Error
 */
export function bodyOf({ headers, repeated, body }: Delivery, takesForms: boolean): Json {
  const type = headers['content-type'];
  if (repeated.has('content-type')) {
    throw new DeliveryRefusedError('header-repeated', 'The header Content-Type came more than once.');
  }
  if (type !== undefined && json.test(type)) return parseJson(body) as Json;
  if (type !== undefined && takesForms && form.test(type)) return fieldsOf(body);
  throw new MediaTypeUnsupportedError(type);
}

function fieldsOf(body: Buffer): Json {
  const fields: Record<string, Json> = {};
  for (const [name, value] of fieldsIn(body)) {
    const known = Object.hasOwn(fields, name) ? fields[name] : undefined;
    const now = known === undefined ? value : [known, value].flat();
    Object.defineProperty(fields, name, { value: now, enumerable: true, writable: true, configurable: true });
  }
  return fields;
}
