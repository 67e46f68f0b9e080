import { type JsonObject } from '../../common/json.js';
import { type JsonSchema } from '../../common/json-schema.js';
import { parseTemplate } from '../expressions/template.js';
import { type Scope, type SecretInputs } from './execution.js';
import { type TemplatePlace, template } from './place.js';

/** What stands for a secret where the inputs of a step are shown. */
const HIDDEN = '[secret]';

const secretsSchema: JsonSchema = { type: 'object', additionalProperties: { type: 'string' } };

/** The inputs of a call of a tool: the one place of a spec at which `secrets` has a meaning. */
export function toolInputsPlace(pointer: string, inputs: unknown): TemplatePlace[] {
  return template(pointer, inputs, { secrets: secretsSchema });
}

/** Evaluated inputs of a tool, and how to get them with secrets if they refer to some. */
export interface ToolInputs {
  readonly inputs: JsonObject;
  readonly withSecrets?: SecretInputs;
}

/** Parses the inputs of a tool once. @returns what evaluates them */
export function parseToolInputs(inputs: JsonObject): (scope: Scope) => ToolInputs {
  const parsed = parseTemplate(inputs);
  if (!parsed.roots.has('secrets')) return (scope) => ({ inputs: parsed.evaluate(scope) as JsonObject });
  return (scope) => ({
    inputs: parsed.evaluate({ ...scope, secrets: anySecret }) as JsonObject,
    withSecrets: (secrets) => parsed.evaluate({ ...scope, secrets: { ...secrets } }) as JsonObject,
  });
}

/** Whatever secret is asked for, it is hidden. */
const anySecret: JsonObject = new Proxy<JsonObject>(
  {},
  {
    get: (_target, key) => (typeof key === 'string' ? HIDDEN : undefined),
    has: () => true,
    getOwnPropertyDescriptor: () => ({ value: HIDDEN, enumerable: true, configurable: true, writable: true }),
  },
);
