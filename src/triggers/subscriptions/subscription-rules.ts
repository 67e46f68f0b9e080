import { type Fault } from '../../common/errors.js';
import { didYouMean } from '../../common/http/validation/did-you-mean.js';
import { isJsonObject, type Json, type JsonObject, pointerTo } from '../../common/json.js';
import { schemaValidator } from '../../common/json-schema.js';
import { configSchema, type TriggerCatalogue, triggerSchema } from '../types/catalogue.js';
import { type Trigger } from '../types/define-trigger.js';
import { expressionFaults } from '../types/expression-faults.js';
import { SubscriptionInvalidError } from './subscription.errors.js';

/** @throws SubscriptionInvalidError */
export function knownTrigger(catalogue: TriggerCatalogue, key: string): Trigger {
  const trigger = catalogue.get(key);
  if (trigger) return trigger;
  const meant = didYouMean(key, catalogue.keys());
  const hint = meant === undefined ? `there are ${[...catalogue.keys()].join(', ')}` : `did you mean "${meant}"?`;
  const message = `there is no trigger "${key}"; ${hint}`;
  throw new SubscriptionInvalidError(key, [{ pointer: '/trigger_type', code: 'trigger-unknown', message }]);
}

/**
 * Checks a config against its trigger, and its expressions against what they will see; fills in defaults.
 * @param inputs JSON Schema of the workflow's inputs, if it has any
 * @throws SubscriptionInvalidError
 */
export function checkConfig(trigger: Trigger, config: JsonObject, inputs: Json | undefined): void {
  const shape = schemaValidator(configSchema(trigger)).validate(config);
  const faults =
    shape.length > 0 ? shape : [...(trigger.check?.(config) ?? []), ...faultsOfExpressions(trigger, config, inputs)];
  if (faults.length === 0) return;
  const inRequest = faults.map((fault) => ({ ...fault, pointer: `/config${fault.pointer}` }));
  throw new SubscriptionInvalidError(trigger.key, inRequest);
}

function faultsOfExpressions(trigger: Trigger, { filter, inputs }: JsonObject, schema: Json | undefined): Fault[] {
  const scope = { trigger: triggerSchema(trigger) };
  const mapped = isJsonObject(inputs) ? inputs : {};
  return [
    ...(filter === undefined ? [] : expressionFaults('/filter', filter as string, scope, 'bool')),
    ...Object.entries(mapped).flatMap(([name, source]) =>
      expressionFaults(pointerTo('/inputs', name), source as string, scope),
    ),
    ...(inputs === undefined ? [] : inputFaults(mapped, schema)),
  ];
}

/** Names that the workflow does not know, and those that it can't do without. */
function inputFaults(mapped: JsonObject, schema: Json | undefined): Fault[] {
  if (!isJsonObject(schema)) return [];
  const properties = isJsonObject(schema.properties) ? schema.properties : {};
  const required = Array.isArray(schema.required) ? schema.required.filter((name) => typeof name === 'string') : [];
  const unknown =
    schema.additionalProperties === false ? Object.keys(mapped).filter((name) => !(name in properties)) : [];
  const missing = required.filter((name) => !Object.hasOwn(mapped, name) && !hasDefault(properties[name]));
  return [
    ...unknown.map((name) => ({
      pointer: pointerTo('/inputs', name),
      code: 'input-unknown',
      message: `the workflow has no input "${name}"${hint(name, properties)}`,
    })),
    ...missing.map((name) => ({
      pointer: pointerTo('/inputs', name),
      code: 'missing-field',
      message: `the workflow needs the input "${name}"`,
    })),
  ];
}

function hasDefault(schema: Json | undefined): boolean {
  return isJsonObject(schema) && Object.hasOwn(schema, 'default');
}

function hint(name: string, properties: JsonObject): string {
  const meant = didYouMean(name, Object.keys(properties));
  return meant === undefined ? '' : `; did you mean "${meant}"?`;
}
