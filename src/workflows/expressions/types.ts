import type { Kind } from './values.js';

/** What is known of a value before it is there. */
export type Type =
  | { readonly kind: Exclude<Kind, 'list' | 'map' | 'optional'> | 'dyn' }
  | { readonly kind: 'list'; readonly items: Type }
  | MapType
  | { readonly kind: 'optional'; readonly value: Type };

export interface MapType {
  readonly kind: 'map';
  readonly fields: ReadonlyMap<string, Type>;
  /** The type of the fields that are not declared; undefined if there must be none. */
  readonly others: Type | undefined;
}

/** The name of a kind of value, or `dyn` for "any". */
export type TypeName = Type['kind'];

/** Anything: it is checked when the value is there. */
export const DYN: Type = { kind: 'dyn' };
export const BOOL: Type = { kind: 'bool' };
export const NUMBER: Type = { kind: 'number' };
export const STRING: Type = { kind: 'string' };

export function listOf(items: Type): Type {
  return { kind: 'list', items };
}

/** The type of values that may have either type. */
export function unify(a: Type, b: Type): Type {
  if (a.kind === 'list' && b.kind === 'list') return listOf(unify(a.items, b.items));
  if (a.kind === 'optional' && b.kind === 'optional') return { kind: 'optional', value: unify(a.value, b.value) };
  if (a.kind === 'map' && b.kind === 'map') return a === b ? a : { kind: 'map', fields: new Map(), others: DYN };
  return a.kind === b.kind ? a : DYN;
}

export function unifyAll(types: readonly Type[]): Type {
  return types.length === 0 ? DYN : types.reduce(unify);
}

/** What iterating over a value yields: the items of a list, the keys of a map. Undefined if it cannot be iterated. */
export function itemsOf(type: Type): Type | undefined {
  if (type.kind === 'list') return type.items;
  if (type.kind === 'map') return STRING;
  return type.kind === 'dyn' ? DYN : undefined;
}

/** As CEL writes it: `list<string>`. */
export function describeType(type: Type): string {
  if (type.kind === 'list') return type.items.kind === 'dyn' ? 'list' : `list<${describeType(type.items)}>`;
  if (type.kind === 'optional') return `optional<${describeType(type.value)}>`;
  return type.kind;
}

/** Reads what `describeType` writes. */
export function typeOf(text: string): Type {
  const [, outer, inner] = /^(list|optional)<(.+)>$/.exec(text) ?? [];
  if (outer === 'list') return listOf(typeOf(inner ?? 'dyn'));
  if (outer === 'optional') return { kind: 'optional', value: typeOf(inner ?? 'dyn') };
  if (text === 'list') return listOf(DYN);
  if (text === 'map') return { kind: 'map', fields: new Map(), others: DYN };
  return { kind: text } as Type;
}
