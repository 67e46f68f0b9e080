import { type Fault } from '../../errors.js';
import { within } from '../json-pointer.js';
import { limits } from '../limits.js';

/** Stands for an integer that a 64-bit float can't hold, where the parser found one (see parse-json.ts). */
export class ImpreciseInteger {
  constructor(readonly source: string) {}
}

/**
 * The first thing in a parsed JSON value that could not be stored and given back unchanged, or that tricks careless
 * code: too deep, NUL (PostgreSQL refuses it), lone surrogates (no UTF-8 for them), `__proto__` as a key, numbers that
 * became infinite or lost digits. One walk; the pointer is only made when there is a fault.
 */
export function findJsonFault(value: unknown, depth = 1): Fault | undefined {
  if (typeof value === 'string') return findTextFault(value);
  if (typeof value === 'number') return Number.isFinite(value) ? undefined : numberTooLarge;
  if (typeof value !== 'object' || value === null) return undefined;
  if (value instanceof ImpreciseInteger) return integerImprecise(value);
  if (depth > limits.jsonDepth) return tooDeep;
  return Array.isArray(value) ? findArrayFault(value, depth) : findObjectFault(value, depth);
}

/** NUL or half a character in a text, wherever the text came from. */
export function findTextFault(text: string): Fault | undefined {
  if (text.includes('\0')) return nulCharacter;
  return text.isWellFormed() ? undefined : loneSurrogate;
}

function findArrayFault(items: readonly unknown[], depth: number): Fault | undefined {
  for (let index = 0; index < items.length; index++) {
    const fault = findJsonFault(items[index], depth + 1);
    if (fault) return within(String(index), fault);
  }
  return undefined;
}

function findObjectFault(object: object, depth: number): Fault | undefined {
  for (const [key, value] of Object.entries(object)) {
    const fault = key === '__proto__' ? forbiddenKey : (findTextFault(key) ?? findJsonFault(value, depth + 1));
    if (fault) return within(key, fault);
  }
  return undefined;
}

const tooDeep: Fault = {
  pointer: '',
  code: 'json-too-deep',
  message: `This is nested too deep: at most ${limits.jsonDepth} objects and arrays may lie inside one another.`,
};
const nulCharacter: Fault = {
  pointer: '',
  code: 'nul-character',
  message: 'This holds a NUL character (U+0000), which the database cannot store; leave it out.',
};
const loneSurrogate: Fault = {
  pointer: '',
  code: 'lone-surrogate',
  message: 'This holds half of a surrogate pair, which is not a character; send the whole pair or leave it out.',
};
const forbiddenKey: Fault = {
  pointer: '',
  code: 'json-forbidden-key',
  message: 'The key "__proto__" is not accepted anywhere in a body.',
};
const numberTooLarge: Fault = {
  pointer: '',
  code: 'json-number-too-large',
  message: 'This number is too large for a 64-bit float (limit 1.797e308); send it as a string.',
};
const integerImprecise = ({ source }: ImpreciseInteger): Fault => ({
  pointer: '',
  code: 'json-integer-imprecise',
  message: `The integer ${source} would lose digits as a 64-bit float (safe up to 9007199254740991); send it as a string.`,
});
