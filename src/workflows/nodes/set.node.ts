import { isJsonObject, type Json } from '../../common/json.js';
import { type JsonSchema } from '../../common/json-schema.js';
import { parseTemplate } from '../expressions/template.js';
import { type NodeSpec } from '../spec/workflow-spec.js';
import { defineLeaf } from './define-node.js';
import { template } from './place.js';

interface SetNode extends NodeSpec {
  readonly value: Json;
}

export const setNode = defineLeaf<SetNode>({
  key: 'set',
  title: 'Set a value',
  description: 'Computes a value from what came before: any JSON with `${…}` expressions inside.',
  fields: { value: { description: 'Any JSON; `${expr}` alone keeps its type, inside text it is interpolated.' } },
  required: ['value'],
  example: { id: 'total', type: 'set', value: '${sum(inputs.prices)}' },
  places: (node) => template('/value', node.value),
  valueSchema: (node) => schemaOfTemplate(node.value),
  prepare(node) {
    const value = parseTemplate(node.value);
    return ({ scope }) => value.evaluate(scope);
  },
});

/** What can be said of a template's value before it is evaluated: the keys of objects and the types of literals. */
function schemaOfTemplate(value: Json): JsonSchema {
  if (typeof value === 'string') return value.includes('${') ? true : { type: 'string' };
  if (typeof value === 'number') return { type: 'number' };
  if (typeof value === 'boolean') return { type: 'boolean' };
  if (isJsonObject(value)) {
    const properties = Object.fromEntries(
      Object.entries(value).map(([key, member]) => [key, schemaOfTemplate(member)]),
    );
    return { type: 'object', properties, additionalProperties: false };
  }
  return true;
}
