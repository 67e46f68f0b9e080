import type { Json, JsonObject } from '../../common/json.js';
import { DYN, listOf, type MapType, type Type } from './types.js';

/** Schemas nested deeper than this are taken for "anything". */
const MAX_DEPTH = 32;

/** Keywords that make a type depend on more than one schema. What they say is left to the evaluation. */
const COMBINATORS = ['$ref', '$dynamicRef', 'allOf', 'anyOf', 'oneOf', 'if', 'not'];

const types = new WeakMap<object, Type>();

/**
 * The type that a schema declares; "anything" wherever it is not plain.
 *
 * An object that declares `properties` is taken to have no others, unless it says so by `additionalProperties` or
 * `patternProperties`: a workflow is written against what is declared, and a misspelt field is the commonest mistake.
 * (JSON Schema itself allows others by default; `.?field`, `has()` and `["field"]`… reach them.)
 */
export function typeOfSchema(schema: Json, depth = 0): Type {
  if (typeof schema !== 'object' || schema === null || Array.isArray(schema) || depth > MAX_DEPTH) return DYN;
  const known = types.get(schema);
  if (known) return known;
  const type = readSchema(schema, depth);
  types.set(schema, type);
  return type;
}

const SCALARS = new Map<Json | undefined, Type>([
  ['string', { kind: 'string' }],
  ['integer', { kind: 'number' }],
  ['number', { kind: 'number' }],
  ['boolean', { kind: 'bool' }],
  ['null', { kind: 'null' }],
]);

function readSchema(schema: JsonObject, depth: number): Type {
  const { type, items } = schema;
  if (COMBINATORS.some((keyword) => Object.hasOwn(schema, keyword))) return DYN;
  if (type === 'object') return readObject(schema, depth);
  if (type === 'array') return listOf('prefixItems' in schema ? DYN : typeOfSchema(items ?? true, depth + 1));
  return SCALARS.get(type) ?? DYN;
}

function readObject(schema: JsonObject, depth: number): MapType {
  const { properties, additionalProperties, patternProperties } = schema;
  const declared = typeof properties === 'object' && properties !== null ? Object.entries(properties) : [];
  const fields = new Map(declared.map(([name, field]) => [name, typeOfSchema(field, depth + 1)]));
  if (patternProperties !== undefined) return { kind: 'map', fields, others: DYN };
  const closed = additionalProperties === false || (additionalProperties === undefined && properties !== undefined);
  return { kind: 'map', fields, others: closed ? undefined : typeOfSchema(additionalProperties ?? true, depth + 1) };
}
