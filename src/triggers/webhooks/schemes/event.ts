import { isJsonObject, type JsonObject } from '../../../common/json.js';
import { parseJson } from '../../../common/http/body/parse-json.js';
import { type Delivery } from '../../../common/webhooks/delivery.js';

/** The JSON object in the body of a delivery that was verified; undefined when it holds something else. */
export function eventOf(delivery: Delivery): JsonObject | undefined {
  try {
    const value: unknown = parseJson(delivery.body);
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
