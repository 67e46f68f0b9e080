import { payForList, payForText, type Budget } from './budget.js';
import { fail } from './expression-error.js';
import { makeTimestamp } from './timestamps.js';
import { Duration, kindOf } from './values.js';

/**
 * Arithmetic on JSON numbers. It does not matter where a number came from: a literal, `size(x)` and an input are all the
 * same kind, so `7 / 2` is 3.5 (write `int(7 / 2)` for 3). A sum, difference or product of whole numbers that leaves
 * ±(2^53 - 1) is an error rather than a number that is slightly wrong.
 */
export function add(a: unknown, b: unknown, work: Budget): unknown {
  if (typeof a === 'number' && typeof b === 'number') return exact(a + b, a, b);
  if (typeof a === 'string' && typeof b === 'string') {
    payForText(a.length + b.length, work);
    return a + b;
  }
  if (Array.isArray(a) && Array.isArray(b)) {
    payForList(a.length + b.length, work);
    return [...(a as unknown[]), ...(b as unknown[])];
  }
  if (a instanceof Uint8Array && b instanceof Uint8Array) {
    payForText(a.length + b.length, work);
    return Buffer.concat([a, b]);
  }
  if (a instanceof Duration && b instanceof Duration) return new Duration(a.milliseconds + b.milliseconds);
  if (a instanceof Date && b instanceof Duration) return makeTimestamp(a.getTime() + b.milliseconds);
  if (a instanceof Duration && b instanceof Date) return makeTimestamp(b.getTime() + a.milliseconds);
  return fail(`Cannot add ${kindOf(a)} and ${kindOf(b)}${hint(a, b)}`);
}

export function subtract(a: unknown, b: unknown): unknown {
  if (typeof a === 'number' && typeof b === 'number') return exact(a - b, a, b);
  if (a instanceof Duration && b instanceof Duration) return new Duration(a.milliseconds - b.milliseconds);
  if (a instanceof Date && b instanceof Date) return new Duration(a.getTime() - b.getTime());
  if (a instanceof Date && b instanceof Duration) return makeTimestamp(a.getTime() - b.milliseconds);
  return fail(`Cannot subtract ${kindOf(b)} from ${kindOf(a)}`);
}

export function multiply(a: unknown, b: unknown): number {
  if (typeof a === 'number' && typeof b === 'number') return exact(a * b, a, b);
  return fail(`Cannot multiply ${kindOf(a)} by ${kindOf(b)}`);
}

export function divide(a: unknown, b: unknown): number {
  if (typeof a !== 'number' || typeof b !== 'number') return fail(`Cannot divide ${kindOf(a)} by ${kindOf(b)}`);
  return b === 0 ? fail('Division by zero') : a / b;
}

/** The remainder has the sign of the dividend: `-7 % 3` is -1. */
export function remainder(a: unknown, b: unknown): number {
  if (typeof a !== 'number' || typeof b !== 'number') return fail(`Cannot divide ${kindOf(a)} by ${kindOf(b)}`);
  return b === 0 ? fail('Division by zero') : a % b;
}

export function negate(value: unknown): unknown {
  if (typeof value === 'number') return 0 - value;
  if (value instanceof Duration) return new Duration(-value.milliseconds);
  return fail(`Cannot negate ${kindOf(value)}`);
}

/** @throws Failure if whole numbers that JSON carries exactly gave one that it does not */
function exact(result: number, a: number, b: number): number {
  if (Number.isSafeInteger(result) || !Number.isSafeInteger(a) || !Number.isSafeInteger(b)) return result;
  return fail('The result is a whole number beyond 2^53, which JSON cannot carry exactly');
}

function hint(a: unknown, b: unknown): string {
  return typeof a === 'string' || typeof b === 'string' ? '; string(x) makes a string of anything' : '';
}
