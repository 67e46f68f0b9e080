import { createHash } from 'node:crypto';
import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import ajvFormats from 'ajv-formats';
import { RE2JS } from 're2js';
import { type Fault } from './errors.js';
import { type Json, type JsonObject, pointerTo } from './json.js';
import { LruCache } from './lru-cache.js';

/** A JSON Schema (2020-12); `true` accepts anything. */
export type JsonSchema = boolean | JsonObject;

/** Checks values against one schema; fills in defaults, never coerces. */
export interface SchemaValidator {
  /** The faults of a value, none when it satisfies the schema. Defaults are written into `value`. */
  validate(value: Json): Fault[];
}

/** The schema itself is wrong; the message says where and why. */
export class InvalidSchemaError extends Error {
  override readonly name = 'InvalidSchemaError';
}

/**
 * Schemas come from users, so a `pattern` runs on RE2 (linear time): with the built-in engine one hostile pattern would
 * hold the process. `code` is how Ajv would import it in generated files; it is not used here.
 */
const linearTimeRegExp = Object.assign(
  (pattern: string) => {
    const compiled = RE2JS.compile(pattern);
    // Ajv tells patterns apart by their text.
    return { test: (text: string) => compiled.matcher(text).find(), toString: () => pattern };
  },
  { code: 'linearTimeRegExp' },
);

const options = {
  allErrors: true,
  verbose: true,
  strict: false,
  useDefaults: true,
  validateSchema: true,
  addUsedSchema: false,
  // Unknown formats of users' schemas are no news for the operator.
  logger: false,
  code: { regExp: linearTimeRegExp },
} as const;

const validators = new LruCache<string, SchemaValidator>(1_000);

/**
 * The validator of a schema, compiled once and cached by its text.
 * @throws InvalidSchemaError
 */
export function schemaValidator(schema: JsonSchema): SchemaValidator {
  const key = createHash('sha256').update(JSON.stringify(schema)).digest('base64');
  return validators.getOrMake(key, () => {
    const check = compile(schema);
    return { validate: (value) => (check(value) ? [] : faultsOf(check.errors ?? [])) };
  });
}

function compile(schema: JsonSchema): ValidateFunction {
  // Ajv's own extension: its validators return promises, which would count as `true`.
  if (typeof schema === 'object' && '$async' in schema)
    throw new InvalidSchemaError('"$async" is not a keyword of JSON Schema');
  // One Ajv for each schema: a user's `$id` must not meet another user's.
  const ajv = new Ajv2020(options);
  ajvFormats.default(ajv);
  try {
    return ajv.compile(schema);
  } catch (error) {
    throw new InvalidSchemaError((error as Error).message);
  }
}

function faultsOf(errors: ErrorObject[]): Fault[] {
  // `if`, `anyOf` … report their own failure after the failures inside them, which say more.
  const telling = errors.filter(
    ({ keyword }) => keyword !== 'if' && keyword !== 'propertyNames' && keyword !== 'anyOf',
  );
  return (telling.length > 0 ? telling : errors).map(faultOf);
}

function faultOf(error: ErrorObject): Fault {
  const { keyword, instancePath: at, params } = error;
  switch (keyword) {
    case 'additionalProperties':
    case 'unevaluatedProperties': {
      const field = String(params.additionalProperty ?? params.unevaluatedProperty);
      return { pointer: pointerTo(at, field), code: 'unknown-field', message: `there is no field "${field}" here` };
    }
    case 'required':
    case 'dependentRequired': {
      const field = String(params.missingProperty);
      return { pointer: pointerTo(at, field), code: 'missing-field', message: `the field "${field}" is missing` };
    }
    case 'type':
      return { pointer: at, code: 'wrong-type', message: `must be ${[params.type].flat().join(' or ')}` };
    case 'enum':
      return { pointer: at, code: 'not-allowed', message: `must be one of ${JSON.stringify(params.allowedValues)}` };
    case 'const':
      return { pointer: at, code: 'not-allowed', message: `must be ${JSON.stringify(params.allowedValue)}` };
    case 'pattern':
      return { pointer: at, code: 'out-of-range', message: patternMessage(error) };
    default:
      return { pointer: at, code: 'out-of-range', message: error.message ?? `fails "${keyword}"` };
  }
}

/** What a text should look like, in words: the schema's own `description` where it has one. */
function patternMessage({ parentSchema, params }: ErrorObject): string {
  const description: unknown = parentSchema?.description;
  return typeof description === 'string'
    ? `must be: ${description.replace(/\.$/, '')}`
    : `must match ${String(params.pattern)}`;
}
