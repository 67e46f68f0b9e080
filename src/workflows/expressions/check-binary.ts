import { Failure } from './expression-error.js';
import type { BinaryOperator, NodeOf } from './syntax.js';
import { BOOL, describeType, DYN, listOf, NUMBER, unify, type Type, type TypeName } from './types.js';

const TIMESTAMP: Type = { kind: 'timestamp' };
const DURATION: Type = { kind: 'duration' };

/** The results of arithmetic, by `left operator right`. A pair that is not listed does not exist. */
const ARITHMETIC: ReadonlyMap<string, Type> = new Map([
  ['number + number', NUMBER],
  ['number - number', NUMBER],
  ['number * number', NUMBER],
  ['number / number', NUMBER],
  ['number % number', NUMBER],
  ['string + string', { kind: 'string' }],
  ['bytes + bytes', { kind: 'bytes' }],
  ['timestamp + duration', TIMESTAMP],
  ['duration + timestamp', TIMESTAMP],
  ['duration + duration', DURATION],
  ['timestamp - duration', TIMESTAMP],
  ['timestamp - timestamp', DURATION],
  ['duration - duration', DURATION],
]);

const COMPARISONS: ReadonlySet<BinaryOperator> = new Set<BinaryOperator>(['<', '<=', '>', '>=']);

/** The kinds that have an order. */
const ORDERED: ReadonlySet<TypeName> = new Set<TypeName>(['number', 'string', 'bool', 'timestamp', 'duration']);

/** @throws Failure if no values of these types can stand on the two sides of the operator */
export function checkBinary(node: NodeOf<'binary'>, left: Type, right: Type): Type {
  const type = resultOf(node.operator, left, right);
  if (type) return type;
  const pair = `${describeType(left)} ${node.operator} ${describeType(right)}`;
  throw new Failure('expression-type', `${pair} does not exist${advice(node.operator, left, right)}`, node);
}

function resultOf(operator: BinaryOperator, left: Type, right: Type): Type | undefined {
  if (operator === 'in') return ['list', 'map', 'dyn'].includes(right.kind) ? BOOL : undefined;
  const isUnknown = left.kind === 'dyn' || right.kind === 'dyn';
  const isSame = isUnknown || left.kind === right.kind;
  if (operator === '==' || operator === '!=') {
    return isSame || left.kind === 'null' || right.kind === 'null' ? BOOL : undefined;
  }
  if (COMPARISONS.has(operator)) return isUnknown || (isSame && ORDERED.has(left.kind)) ? BOOL : undefined;
  return isUnknown ? DYN : arithmeticOf(operator, left, right);
}

function arithmeticOf(operator: BinaryOperator, left: Type, right: Type): Type | undefined {
  if (operator === '+' && left.kind === 'list' && right.kind === 'list') return listOf(unify(left.items, right.items));
  return ARITHMETIC.get(`${left.kind} ${operator} ${right.kind}`);
}

function advice(operator: BinaryOperator, left: Type, right: Type): string {
  if (operator === '+' && (left.kind === 'string' || right.kind === 'string')) return '; string(x) makes a string';
  return operator === '==' ? ': they are never equal' : '';
}
