import { type Fault } from '../../common/errors.js';
import { didYouMean } from '../../common/http/validation/did-you-mean.js';
import { isJsonObject, type Json, type JsonObject } from '../../common/json.js';
import { type JsonSchema, type SchemaValidator, schemaValidator } from '../../common/json-schema.js';
import { namePattern, nameRule } from '../spec/names.js';

/**
 * A validator that reports one fault for each place, in sentences for people who do not read JSON Schema: each names the
 * field and, where the schema has a description, says what belongs there.
 */
export function explainingValidator(schema: JsonSchema): SchemaValidator {
  const validator = schemaValidator(schema);
  return { validate: (value) => explainFaults(validator.validate(value), schema) };
}

function explainFaults(faults: readonly Fault[], schema: JsonSchema): Fault[] {
  const first = new Map<string, Fault>();
  for (const fault of faults) if (!first.has(fault.pointer)) first.set(fault.pointer, fault);
  return [...first.values()].map((fault) => ({ ...fault, message: explain(fault, schema) }));
}

function explain({ pointer, code, message }: Fault, schema: JsonSchema): string {
  const steps = pointer.split('/').slice(1);
  const field = steps.at(-1) ?? '';
  if (code === 'unknown-field')
    return `There is no field "${field}" here${hint(field, schemaAt(schema, steps.slice(0, -1)))}`;
  if (code === 'missing-field') return `The field "${field}" is missing.`;
  const { pattern, propertyNames, description } = schemaAt(schema, steps);
  if (code === 'out-of-range' && pattern === namePattern) return `"${field}" must be made of ${nameRule}.`;
  if (code === 'out-of-range' && isJsonObject(propertyNames) && message.includes('match')) {
    return `The names in "${field}" must be made of ${nameRule}.`;
  }
  const isExplained = typeof description !== 'string' || message.includes(description.replace(/\.$/, ''));
  return `"${field}" ${message}.${isExplained ? '' : ` ${description}`}`;
}

function hint(field: string, { properties }: JsonObject): string {
  const known = isJsonObject(properties) ? Object.keys(properties) : [];
  const meant = didYouMean(field, known);
  if (meant !== undefined) return `; did you mean "${meant}"?`;
  return known.length > 0 ? `; there are: ${known.join(', ')}.` : '.';
}

/** The schema of the value that the steps lead to; empty when the schema does not say. */
function schemaAt(schema: JsonSchema, steps: readonly string[]): JsonObject {
  let current: Json | undefined = schema;
  for (const step of steps) {
    if (!isJsonObject(current)) return {};
    const { properties, items, additionalProperties } = current as JsonObject;
    const property = isJsonObject(properties) && Object.hasOwn(properties, step) ? properties[step] : undefined;
    current = property ?? items ?? additionalProperties;
  }
  return isJsonObject(current) ? current : {};
}
