import { isJsonObject, pointerTo } from '../../common/json.js';
import { type JsonSchema } from '../../common/json-schema.js';

/** CEL types that a field can ask for. */
export type ExpectedType = 'bool' | 'list' | 'string';

/** A field that is a CEL expression. */
export interface ExpressionPlace {
  readonly kind: 'expression';
  /** RFC 6901 pointer inside the node. */
  readonly pointer: string;
  readonly source: unknown;
  readonly expects?: ExpectedType;
}

/** A field that is any JSON with `${…}` inside. */
export interface TemplatePlace {
  readonly kind: 'template';
  readonly pointer: string;
  readonly value: unknown;
  /** Names that exist only here, with the schema of their values. */
  readonly binds?: Readonly<Record<string, JsonSchema>>;
}

/** A nested block. */
export interface BlockPlace {
  readonly kind: 'block';
  readonly pointer: string;
  readonly nodes: unknown;
  /** Names that exist only inside the block (loop variables), with the schema of their values. */
  readonly binds: Readonly<Record<string, JsonSchema>>;
  /** Expressions that are evaluated at the end of the block and see its nodes. */
  readonly atEnd: readonly ExpressionPlace[];
  /** How often the block may run for one execution of the node: for the bound on steps. */
  readonly times: number;
}

export type Place = ExpressionPlace | TemplatePlace | BlockPlace;

/** An expression field; nothing when the field is left out. */
export function expression(pointer: string, source: unknown, expects?: ExpectedType): ExpressionPlace[] {
  return source === undefined ? [] : [{ kind: 'expression', pointer, source, expects }];
}

export function template(pointer: string, value: unknown, binds?: TemplatePlace['binds']): TemplatePlace[] {
  return value === undefined ? [] : [{ kind: 'template', pointer, value, ...(binds && { binds }) }];
}

export function block(
  pointer: string,
  nodes: unknown,
  options: Partial<Pick<BlockPlace, 'binds' | 'atEnd' | 'times'>> = {},
): BlockPlace[] {
  if (nodes === undefined) return [];
  return [{ kind: 'block', pointer, nodes, binds: {}, atEnd: [], times: 1, ...options }];
}

/** The elements of a field that should be a list, with their pointers; none when it is something else. */
export function elements(pointer: string, list: unknown): { pointer: string; element: Record<string, unknown> }[] {
  if (!Array.isArray(list)) return [];
  return list.flatMap((element: unknown, index) =>
    isJsonObject(element) ? [{ pointer: pointerTo(pointer, index), element }] : [],
  );
}

/** The members of a field that should be an object, with their pointers; none when it is something else. */
export function members(pointer: string, object: unknown): { pointer: string; key: string; value: unknown }[] {
  if (!isJsonObject(object)) return [];
  return Object.entries(object).map(([key, value]) => ({ pointer: pointerTo(pointer, key), key, value }));
}
