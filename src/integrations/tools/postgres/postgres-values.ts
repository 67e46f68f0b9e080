import { type Json } from '../../../common/json.js';
import { parseJson } from '../parse-json.js';
import { ToolError } from '../tool-error.js';
import { arrayText, parseArrayText, type TextArray } from './array-text.js';
import { type PostgresType } from './postgres-types.js';

/** JSON of a value as the server writes it. Numbers that a 64-bit float can't hold exactly are texts. */
export function fromText(text: string | null, { name, element }: PostgresType): Json {
  if (text === null) return null;
  if (element !== undefined) return mapTexts(parseArrayText(text), (each) => readers.get(element)?.(each) ?? each);
  return readers.get(name)?.(text) ?? text;
}

/** How texts of a type are read; all others stay what they are. */
const readers: ReadonlyMap<string, (text: string) => Json> = new Map(
  Object.entries({
    bool: (text) => text === 't',
    int2: Number,
    int4: Number,
    oid: Number,
    int8: exact,
    float4: finite,
    float8: finite,
    json: parseJson,
    jsonb: parseJson,
    timestamptz: (text) => text.replace(/^(\d{4,}-\d\d-\d\d) (\d\d:\d\d:\d\d(?:\.\d+)?)\+00$/, '$1T$2Z'),
    bytea: (text) => Buffer.from(text.slice(2), 'hex').toString('base64'),
  }),
);

function exact(text: string): Json {
  const number = Number(text);
  return Number.isSafeInteger(number) ? number : text;
}

function finite(text: string): Json {
  const number = Number(text);
  return Number.isFinite(number) ? number : text;
}

function mapTexts(array: TextArray, map: (text: string) => Json): Json[] {
  return array.map((each) => (Array.isArray(each) ? mapTexts(each, map) : each === null ? null : map(each)));
}

/**
 * A value as a bind parameter of a type: what is sent is data, whatever is in it.
 * @param place for people, `$1`
 * @throws ToolError when a value can't be one of that type
 */
export function toParameter(value: Json, { name, element }: PostgresType, place: string): string | Buffer | null {
  if (value === null) return null;
  if (element !== undefined && Array.isArray(value)) return arrayText(textsOf(value, element, place));
  if (name === 'bytea') return bytesOf(value, place);
  return scalarText(value, name);
}

function textsOf(array: readonly Json[], element: string, place: string): TextArray {
  return array.map((each) => {
    if (each === null) return null;
    if (isJson(element)) return JSON.stringify(each);
    if (Array.isArray(each)) return textsOf(each, element, place);
    return element === 'bytea' ? `\\x${bytesOf(each, place).toString('hex')}` : scalarText(each, element);
  });
}

/** What is given is what a column of type `json` has: a text becomes a JSON string. */
function scalarText(value: Json, type: string): string {
  return typeof value === 'object' || isJson(type) ? JSON.stringify(value) : String(value);
}

function isJson(type: string): boolean {
  return type === 'json' || type === 'jsonb';
}

/** In base64, as results have them. */
function bytesOf(value: Json, place: string): Buffer {
  if (typeof value === 'string' && /^[A-Za-z0-9+/]*={0,2}$/.test(value) && value.length % 4 === 0) {
    return Buffer.from(value, 'base64');
  }
  throw new ToolError('input-invalid', `${place} is of type bytea: give its bytes in base64.`, false);
}
