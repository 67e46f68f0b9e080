import { type Json } from '../../common/json.js';
import { ToolError } from './tool-error.js';

/** A text in which a number could be too large for a 64-bit float: that would become Infinity, and null when stored. */
const mayOverflow = /\de\+?\d{3}|\d{309}/i;

/**
 * Parses what the world sent as JSON.
 * @throws SyntaxError when it is none; ToolError for a number that can't be kept
 */
export function parseJson(text: string): Json {
  return JSON.parse(text, mayOverflow.test(text) ? refuseInfinity : undefined) as Json;
}

function refuseInfinity(_key: string, value: unknown): unknown {
  if (value !== Infinity && value !== -Infinity) return value;
  throw new ToolError('upstream-refused', 'The answer holds a number that is too large for a 64-bit float.', false);
}
