import { type Json } from '../../../common/json.js';
import { isDeeperThan } from '../../../common/json-depth.js';
import { isStorable } from '../../../common/storable-text.js';
import { NodeError } from '../../nodes/node-error.js';
import { limits } from '../../spec/limits.js';
import { type JsonText } from './rows.js';

/**
 * The value of a node as JSON text, as it goes into the database.
 * @throws NodeError `output-too-large` or `output-invalid` when it can't be kept
 */
export function textOfValue({ path, output }: { path: string; output: Json }): JsonText {
  const text = jsonTextOf(path, output);
  if (text.length > limits.valueBytes / 4 && Buffer.byteLength(text) > limits.valueBytes) {
    throw new NodeError('output-too-large', `The value of ${path} has more than ${limits.valueBytes} bytes.`);
  }
  if (!isStorable(text)) {
    throw new NodeError('output-invalid', `The value of ${path} holds a NUL character or half a surrogate pair.`);
  }
  return text;
}

function jsonTextOf(path: string, output: Json): JsonText {
  try {
    const text = JSON.stringify(output ?? null);
    if (!isDeeperThan(limits.valueDepth, text)) return text;
  } catch (error) {
    // The engine's stack is at its end.
    if (!(error instanceof RangeError)) throw error;
  }
  throw new NodeError('output-invalid', `The value of ${path} is nested deeper than ${limits.valueDepth}.`);
}
