import type { ExpressionFunction } from './define-function.js';

/** What looks like a function but decides itself what to evaluate, and how often (`resolve-macros.ts`, `compile-comprehension.ts`). */
export const macros: readonly ExpressionFunction[] = [
  {
    name: 'has',
    usage: 'has(map.field)',
    description: 'Whether the map has the field.',
  },
  {
    name: 'map',
    usage: 'list.map(x, value) or list.map(x, condition, value)',
    description: 'The value for each item x of the list (or key of the map), where the condition holds.',
  },
  {
    name: 'filter',
    usage: 'list.filter(x, condition)',
    description: 'The items for which the condition holds.',
  },
  {
    name: 'all',
    usage: 'list.all(x, condition)',
    description: 'Whether the condition holds for every item; true if there are none.',
  },
  {
    name: 'exists',
    usage: 'list.exists(x, condition)',
    description: 'Whether the condition holds for at least one item.',
  },
  {
    name: 'exists_one',
    usage: 'list.exists_one(x, condition)',
    description: 'Whether the condition holds for exactly one item.',
  },
  {
    name: 'cel.bind',
    usage: 'cel.bind(x, value, expression)',
    description: 'The expression, in which x stands for the value.',
  },
  {
    name: 'orValue',
    usage: 'map.?field.orValue(otherwise)',
    description: 'The value of an optional, or `otherwise` if it has none.',
  },
  {
    name: 'or',
    usage: 'optional.or(otherwise)',
    description: 'The first of two optionals that has a value.',
  },
];
