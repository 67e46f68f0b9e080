import { payForText, type Budget } from '../budget.js';
import { fail } from '../expression-error.js';
import { makeTimestamp, parseDuration, parseTimestamp } from '../timestamps.js';
import { toText } from '../to-json.js';
import { typeOf, type Type } from '../types.js';
import { Optional, type MapValue } from '../values.js';
import { defineFunction } from './define-function.js';
import { decodeText, encodeText } from './encodings.js';
import { charactersOf } from './strings.js';

const WHOLE_NUMBER = /^[+-]?\d{1,20}$/;
const NUMBER = /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d{1,3})?$/i;

function toWhole(value: string | number | Date): number {
  if (value instanceof Date) return Math.floor(value.getTime() / 1000);
  if (typeof value === 'string' && !WHOLE_NUMBER.test(value)) return fail('int: the text is not a whole number');
  const whole = Math.trunc(Number(value));
  return Number.isSafeInteger(whole) ? whole : fail('int: the number is beyond 2^53, which JSON cannot carry exactly');
}

function toNumber(value: string | number): number {
  if (typeof value === 'number') return value;
  return value.length <= 400 && NUMBER.test(value) ? Number(value) : fail('double: the text is not a number');
}

function toBool(value: string | boolean): boolean {
  if (typeof value === 'boolean') return value;
  if (['true', 'True', 'TRUE', 't', '1'].includes(value)) return true;
  if (['false', 'False', 'FALSE', 'f', '0'].includes(value)) return false;
  return fail('bool: the text is neither true nor false');
}

function toTimestamp(value: string | number | Date): Date {
  if (value instanceof Date) return value;
  return typeof value === 'string' ? parseTimestamp(value) : makeTimestamp(value * 1000);
}

function toBytes(value: string | Uint8Array, work: Budget): Uint8Array {
  payForText(value.length, work);
  return encodeText(value);
}

function sizeOf(value: string | Uint8Array | readonly unknown[] | MapValue, work: Budget): number {
  if (typeof value === 'string') return charactersOf(value, work).length;
  if (Array.isArray(value) || value instanceof Uint8Array) return value.length;
  const keys = Object.keys(value).length;
  work.spend(keys);
  return keys;
}

export const conversionFunctions = [
  defineFunction({
    name: 'size',
    style: 'both',
    params: { value: 'string|list|map|bytes' },
    returns: 'number',
    description: 'How many characters, items, keys or bytes the value has.',
    run: ({ value }, work) => sizeOf(value, work),
  }),
  defineFunction({
    name: 'string',
    params: { value: 'dyn' },
    returns: 'string',
    description: 'The value as text: a string as it is, bytes as UTF-8, everything else as JSON.',
    run: ({ value }, work) => (value instanceof Uint8Array ? decodeText(value) : toText(value, work)),
  }),
  defineFunction({
    name: 'int',
    params: { value: 'number|string|timestamp' },
    returns: 'number',
    description: 'A whole number: of a number without its decimals, of text, or of a timestamp its Unix seconds.',
    run: ({ value }) => toWhole(value),
  }),
  defineFunction({
    name: 'uint',
    params: { value: 'number|string' },
    returns: 'number',
    description: 'Like `int`, for numbers that must not be negative.',
    run: ({ value }) => {
      const whole = toWhole(value);
      return whole < 0 ? fail('uint: the number is negative') : whole;
    },
  }),
  defineFunction({
    name: 'double',
    params: { value: 'number|string' },
    returns: 'number',
    description: 'A number, of text or of a number.',
    run: ({ value }) => toNumber(value),
  }),
  defineFunction({
    name: 'bool',
    params: { value: 'bool|string' },
    returns: 'bool',
    description: 'true or false, also of the texts "true", "false", "t", "f", "1", "0".',
    run: ({ value }) => toBool(value),
  }),
  defineFunction({
    name: 'bytes',
    params: { value: 'string|bytes' },
    returns: 'bytes',
    description: 'The text as its bytes in UTF-8. Bytes leave an expression as base64.',
    run: ({ value }, work) => toBytes(value, work),
  }),
  defineFunction({
    name: 'timestamp',
    params: { value: 'string|number|timestamp' },
    returns: 'timestamp',
    description: 'A point in time, of ISO 8601 text or of Unix seconds. It leaves an expression as ISO 8601.',
    run: ({ value }) => toTimestamp(value),
  }),
  defineFunction({
    name: 'duration',
    params: { value: 'string|duration' },
    returns: 'duration',
    description: 'A length of time, of text such as "1h30m" or "2.5s".',
    run: ({ value }) => (typeof value === 'string' ? parseDuration(value) : value),
  }),
  defineFunction({
    name: 'dyn',
    params: { value: 'dyn' },
    returns: 'dyn',
    description: 'The value itself; its type is not checked until it is there.',
    run: ({ value }) => value,
  }),
  defineFunction({
    name: 'optional.of',
    params: { value: 'dyn' },
    returns: (value: Type): Type => ({ kind: 'optional', value }),
    description: 'An optional that has the value.',
    run: ({ value }) => Optional.of(value),
  }),
  defineFunction({
    name: 'optional.none',
    params: {},
    returns: 'optional<dyn>',
    description: 'An optional without a value.',
    run: () => Optional.NONE,
  }),
  defineFunction({
    name: 'hasValue',
    style: 'method',
    params: { optional: 'optional' },
    returns: 'bool',
    description: 'Whether the optional has a value.',
    run: ({ optional }) => optional.hasValue,
  }),
  defineFunction({
    name: 'value',
    style: 'method',
    params: { optional: 'optional' },
    returns: (optional: Type) => (optional.kind === 'optional' ? optional.value : typeOf('dyn')),
    description: 'The value of the optional; an error if it has none.',
    run: ({ optional }) => (optional.hasValue ? optional.value : fail('The optional has no value')),
  }),
];
