import { add, divide, multiply, remainder, subtract } from './arithmetic.js';
import type { Budget } from './budget.js';
import { compare, equals } from './equality.js';
import { fail } from './expression-error.js';
import type { BinaryOperator } from './syntax.js';
import { kindOf, lookUp } from './values.js';

type Apply = (a: unknown, b: unknown, work: Budget) => unknown;

/** What each operator does to its two values. */
export const binaryOperators: Readonly<Record<BinaryOperator, Apply>> = {
  '==': equals,
  '!=': (a, b, work) => !equals(a, b, work),
  '<': (a, b, work) => compare(a, b, work) < 0,
  '<=': (a, b, work) => compare(a, b, work) <= 0,
  '>': (a, b, work) => compare(a, b, work) > 0,
  '>=': (a, b, work) => compare(a, b, work) >= 0,
  in: isIn,
  '+': add,
  '-': subtract,
  '*': multiply,
  '/': divide,
  '%': remainder,
};

/** Whether a list has the item, or a map the key. */
function isIn(value: unknown, container: unknown, work: Budget): boolean {
  if (Array.isArray(container)) {
    return container.some((item) => {
      work.spend(1);
      return equals(value, item, work);
    });
  }
  const kind = kindOf(container);
  return kind === 'map' ? lookUp(container, value) !== undefined : fail(`"in" takes a list or a map, not ${kind}`);
}
