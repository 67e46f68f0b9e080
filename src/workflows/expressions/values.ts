import { fail } from './expression-error.js';

/**
 * The kinds of values inside an expression: those of JSON, and four more that exist only while it is evaluated
 * (`to-json.ts` says what becomes of them). There is one kind of number, that of JSON.
 */
export type Kind =
  'null' | 'bool' | 'number' | 'string' | 'list' | 'map' | 'bytes' | 'timestamp' | 'duration' | 'optional';

/** A length of time. */
export class Duration {
  constructor(readonly milliseconds: number) {}
}

/** The result of `.?field`: a value, or none. */
export class Optional {
  static readonly NONE = new Optional(undefined);

  private constructor(readonly value: unknown) {}

  static of(value: unknown): Optional {
    return value === undefined ? Optional.NONE : new Optional(value);
  }

  get hasValue(): boolean {
    return this.value !== undefined;
  }
}

/** @throws Failure for what is no value of an expression, such as a function that slipped into a scope */
export function kindOf(value: unknown): Kind {
  if (typeof value === 'object') return kindOfObject(value);
  if (typeof value === 'string') return 'string';
  if (typeof value === 'number') return 'number';
  if (typeof value === 'boolean') return 'bool';
  return fail(`A ${typeof value} is not a JSON value`);
}

// Never by `value.constructor`: "constructor" is a key like any other in a user's JSON.
function kindOfObject(value: object | null): Kind {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'list';
  if (value instanceof Date) return 'timestamp';
  if (value instanceof Duration) return 'duration';
  if (value instanceof Optional) return 'optional';
  if (value instanceof Uint8Array) return 'bytes';
  return 'map';
}

/** A map, as `JSON.parse` makes it. Only own keys count; nothing of a prototype is ever visible. */
export type MapValue = Readonly<Record<string, unknown>>;

export function isMap(value: unknown): value is MapValue {
  return typeof value === 'object' && value !== null && kindOfObject(value) === 'map';
}

/** The entry of a map or list under a key, or undefined if there is none. */
export function lookUp(container: unknown, key: unknown): unknown {
  if (Array.isArray(container)) {
    return typeof key === 'number' && Number.isInteger(key) ? (container as unknown[])[key] : undefined;
  }
  if (!isMap(container)) return undefined;
  const name = keyOf(key);
  return Object.hasOwn(container, name) ? container[name] : undefined;
}

/** The keys of JSON are strings; CEL also knows numbers and booleans as keys, which become their text. */
export function keyOf(key: unknown): string {
  if (typeof key === 'string') return key;
  if (typeof key === 'number' || typeof key === 'boolean') return String(key);
  return fail(`A key must be a string, not ${kindOf(key)}`);
}
