import { isUtf8 } from 'node:buffer';
import { BodyNotUtf8Error, JsonMalformedError, JsonRefusedError } from './body.errors.js';
import { findJsonFault, ImpreciseInteger } from './json-hygiene.js';
import { positionOfJsonError } from './json-position.js';

/** `JSON.parse` with the source text of each scalar (ES2026; TypeScript's library does not know it yet). */
const parseWithSource = JSON.parse as (
  text: string,
  reviver: (key: string, value: unknown, context: { source?: string }) => unknown,
) => unknown;

/** Only a run of 16 digits can be an integer above 2^53: texts without one are not parsed a second time. */
const longNumber = /\d{16}/;

/**
 * A body as JSON: UTF-8, an object or an array, and nothing in it that could not be given back unchanged.
 * @throws BodyNotUtf8Error, JsonMalformedError with the position, JsonRefusedError with a pointer
 */
export function parseJson(bytes: Buffer): object {
  if (!isUtf8(bytes)) throw new BodyNotUtf8Error();
  const text = bytes.toString('utf8');
  const value = parse(text);
  const fault =
    findJsonFault(value) ?? (longNumber.test(text) ? findJsonFault(markImpreciseIntegers(text)) : undefined);
  if (fault) throw new JsonRefusedError(fault);
  if (typeof value !== 'object' || value === null) {
    throw new JsonRefusedError({
      pointer: '',
      code: 'json-not-structured',
      message: `The body must be a JSON object or array, not ${value === null ? 'null' : `a ${typeof value}`}.`,
    });
  }
  return value;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new JsonMalformedError(positionOfJsonError(text));
  }
}

function markImpreciseIntegers(text: string): unknown {
  return parseWithSource(text, (_key, value, { source }) =>
    typeof value === 'number' && source !== undefined && /^-?\d{16,}$/.test(source) && BigInt(source) !== BigInt(value)
      ? new ImpreciseInteger(source)
      : value,
  );
}
