import { payForList, type Budget } from '../budget.js';
import { compare } from '../equality.js';
import { fail } from '../expression-error.js';
import { itemsOf, NUMBER, unifyAll, type Type } from '../types.js';
import { defineFunction, type FunctionDefinition } from './define-function.js';

/** To `digits` decimals, halves away from zero: 2.5 → 3, -2.5 → -3, and 1.005 with 2 digits → 1.01. */
function round(value: number, digits: number): number {
  if (!Number.isInteger(digits) || digits < 0 || digits > 15) return fail('round: "digits" must be 0 to 15');
  if (!Number.isFinite(value) || Number.isInteger(value)) return value;
  // Shifting the exponent of the decimal text avoids 1.005 * 100 = 100.49999999999999.
  const [mantissa, exponent = '0'] = String(Math.abs(value)).split('e');
  const shifted = Math.round(Number(`${mantissa}e${Number(exponent) + digits}`));
  const [whole, power = '0'] = String(shifted).split('e');
  return Math.sign(value) * Number(`${whole}e${Number(power) - digits}`);
}

function extreme(values: readonly unknown[], sign: 1 | -1, work: Budget): unknown {
  const items = values.length === 1 && Array.isArray(values[0]) ? (values[0] as unknown[]) : values;
  if (items.length === 0) return fail('The smallest or largest of an empty list does not exist');
  payForList(items.length, work);
  return items.reduce((best, item) => (compare(item, best, work) * sign > 0 ? item : best));
}

function extremeType(...args: Type[]): Type {
  const [only] = args;
  return args.length === 1 && only?.kind === 'list' ? (itemsOf(only) ?? NUMBER) : unifyAll(args);
}

const abs = defineFunction({
  name: 'abs',
  params: { x: 'number' },
  returns: 'number',
  description: 'The absolute value.',
  run: ({ x }) => Math.abs(x),
});
const roundFunction = defineFunction({
  name: 'round',
  params: { x: 'number', digits: 'number?' },
  returns: 'number',
  description: 'The number rounded to whole, or to `digits` decimals. Halves are rounded away from zero.',
  run: ({ x, digits = 0 }) => round(x, digits),
});
const ceil = defineFunction({
  name: 'ceil',
  params: { x: 'number' },
  returns: 'number',
  description: 'The smallest whole number that is not below x.',
  run: ({ x }) => Math.ceil(x),
});
const floor = defineFunction({
  name: 'floor',
  params: { x: 'number' },
  returns: 'number',
  description: 'The largest whole number that is not above x.',
  run: ({ x }) => Math.floor(x),
});
const min = defineFunction({
  name: 'min',
  params: { values: 'dyn...' },
  returns: extremeType,
  description: 'The smallest of the arguments, or of the items of one list.',
  run: ({ values }, work) => extreme(values, -1, work),
});
const max = defineFunction({
  name: 'max',
  params: { values: 'dyn...' },
  returns: extremeType,
  description: 'The largest of the arguments, or of the items of one list.',
  run: ({ values }, work) => extreme(values, 1, work),
});

/** The name that CEL's math extension has for the same function. */
function alias(name: string, definition: FunctionDefinition): FunctionDefinition {
  const usage = definition.usage.replace(definition.name, name);
  return { ...definition, name, usage, description: `The same as \`${definition.name}\`.` };
}

export const numberFunctions = [
  abs,
  roundFunction,
  ceil,
  floor,
  min,
  max,
  alias('math.abs', abs),
  alias('math.round', roundFunction),
  alias('math.ceil', ceil),
  alias('math.floor', floor),
  alias('math.least', min),
  alias('math.greatest', max),
];
