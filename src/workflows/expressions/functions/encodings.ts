import { createHash } from 'node:crypto';
import { outputBudget, payForText } from '../budget.js';
import { fail } from '../expression-error.js';
import { toJson } from '../to-json.js';
import { defineFunction } from './define-function.js';

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** @throws Failure if the bytes are not UTF-8 */
export function decodeText(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch {
    return fail('The bytes are not text in UTF-8');
  }
}

export function encodeText(text: string | Uint8Array): Uint8Array {
  return typeof text === 'string' ? Buffer.from(text) : text;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    // The engine's message quotes the text, which may be a secret.
    return fail('json.parse: the text is not JSON');
  }
}

function decodeBase64(text: string): string {
  const compact = text.replaceAll(/\s/g, '');
  if (!/^[A-Za-z0-9+/_-]*={0,2}$/.test(compact)) return fail('base64.decode: the text is not base64');
  return decodeText(Buffer.from(compact, 'base64'));
}

export const encodingFunctions = [
  defineFunction({
    name: 'json.parse',
    params: { text: 'string' },
    returns: 'dyn',
    description: 'The value that a JSON text describes.',
    run: ({ text }, work) => {
      payForText(text.length, work);
      work.spend(text.length >>> 2);
      return parseJson(text);
    },
  }),
  defineFunction({
    name: 'json.encode',
    params: { value: 'dyn' },
    returns: 'string',
    description: 'The value as JSON text.',
    run: ({ value }, work) => {
      const text = JSON.stringify(toJson(value, work, outputBudget()));
      payForText(text.length, work);
      return text;
    },
  }),
  defineFunction({
    name: 'base64.encode',
    params: { data: 'string|bytes' },
    returns: 'string',
    description: 'The text (as UTF-8) or bytes in base64.',
    run: ({ data }, work) => {
      payForText(Math.ceil(data.length * 1.34), work);
      return Buffer.from(encodeText(data)).toString('base64');
    },
  }),
  defineFunction({
    name: 'base64.decode',
    params: { text: 'string' },
    returns: 'string',
    description: 'The text whose UTF-8 bytes the base64 (also its URL-safe form) holds.',
    run: ({ text }, work) => {
      payForText(text.length * 4, work);
      return decodeBase64(text);
    },
  }),
  defineFunction({
    name: 'hash.sha256',
    params: { data: 'string|bytes' },
    returns: 'string',
    description: 'The SHA-256 digest of the text (as UTF-8) or bytes, in lower-case hexadecimal.',
    run: ({ data }, work) => {
      work.spend(50 + (data.length >>> 2));
      return createHash('sha256').update(encodeText(data)).digest('hex');
    },
  }),
];
