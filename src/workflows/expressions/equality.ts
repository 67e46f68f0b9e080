import type { Budget } from './budget.js';
import { fail } from './expression-error.js';
import { Duration, isMap, kindOf, type MapValue } from './values.js';

/** Deep equality. Values of different kinds are unequal, the order of keys does not matter. */
export function equals(a: unknown, b: unknown, work: Budget): boolean {
  if (typeof a === 'string' && typeof b === 'string') {
    if (a.length === b.length) work.spendText(a.length);
    return a === b;
  }
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  work.spend(1);
  if (Array.isArray(a)) return Array.isArray(b) && equalItems(a, b, work);
  if (a instanceof Uint8Array) return b instanceof Uint8Array && equalItems(a, b, work);
  if (a instanceof Date) return b instanceof Date && a.getTime() === b.getTime();
  if (a instanceof Duration) return b instanceof Duration && a.milliseconds === b.milliseconds;
  return isMap(a) && isMap(b) && equalMaps(a, b, work);
}

function equalItems(a: ArrayLike<unknown>, b: ArrayLike<unknown>, work: Budget): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) {
    work.spend(1);
    if (!equals(a[i], b[i], work)) return false;
  }
  return true;
}

function equalMaps(a: MapValue, b: MapValue, work: Budget): boolean {
  const keys = Object.keys(a);
  work.spend(keys.length);
  if (keys.length !== Object.keys(b).length) return false;
  return keys.every((key) => Object.hasOwn(b, key) && equals(a[key], b[key], work));
}

/** Negative, zero or positive, for two values of one ordered kind: numbers, strings, booleans, timestamps, durations. */
export function compare(a: unknown, b: unknown, work: Budget): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  if (typeof a === 'string' && typeof b === 'string') {
    work.spendText(Math.min(a.length, b.length));
    return a < b ? -1 : Number(a > b);
  }
  if (typeof a === 'boolean' && typeof b === 'boolean') return Number(a) - Number(b);
  if (a instanceof Date && b instanceof Date) return a.getTime() - b.getTime();
  if (a instanceof Duration && b instanceof Duration) return a.milliseconds - b.milliseconds;
  return fail(`Cannot compare ${kindOf(a)} with ${kindOf(b)}`);
}
