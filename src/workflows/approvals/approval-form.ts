import { type JsonObject } from '../../common/json.js';
import { type Pause } from '../nodes/pause.js';

/** The JSON Schema of what an approval asks for besides yes and no, if it asks for something. */
export function formSchemaOf({ form }: Pause): JsonObject | undefined {
  return form === undefined ? undefined : (JSON.parse(form) as JsonObject);
}
