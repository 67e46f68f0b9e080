import fc from 'fast-check';

/** As much of JSON Schema as the document uses. */
export interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly oneOf?: readonly Schema[];
  readonly anyOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly format?: string;
  readonly example?: unknown;
  readonly examples?: readonly unknown[];
  readonly default?: unknown;
}

/** Stands for an id that the server has given out, which is known only when the request is sent. */
export class KnownId {
  constructor(
    /** The field that such ids stand in, such as `workflow_id`. */
    readonly field: string,
    readonly pick: number,
  ) {}
}

/** Of ids and keys of links; `number` is that of a version. */
const isId = (name: string): boolean => name.endsWith('_id') || name === 'token';

/** Nested schemas end here; what is below is any JSON. */
const MOST_DEPTH = 5;

/** Texts that have broken programs. */
export const hostileText = fc.oneof(
  fc.constantFrom(
    '',
    ' ',
    '\u0000',
    'a\u0000b',
    '\ud800',
    '__proto__',
    'constructor',
    'null',
    '-1',
    '1e400',
    '9007199254740993',
    "' or 1=1 --",
    '%00',
    '../../etc/passwd',
    '${inputs.x}',
    '\u202e\ufeff',
    '2024-02-30T25:61:61Z',
    'wf_00000000-0000-0000-0000-000000000000',
    'x'.repeat(300),
    'é'.repeat(300),
  ),
  fc.string({ maxLength: 20 }),
  fc.string({ unit: 'binary', maxLength: 20 }),
);

/** Any JSON, with hostile texts and numbers in it. */
export const hostileJson: fc.Arbitrary<unknown> = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom(null, true, false, 0, -0, -1, 1.5, 2 ** 53, -(2 ** 63), 1e308, 2_147_483_648, [], {}),
    hostileText,
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(hostileText, tie('value'), { maxKeys: 3, noNullPrototype: true }),
  ),
})).value;

/** Values that a schema allows, mostly; `resolve` finds what a `$ref` names. */
export function arbitraryOf(
  schema: Schema,
  resolve: (ref: string) => Schema,
  name = '',
  depth = 0,
): fc.Arbitrary<unknown> {
  const inner = (other: Schema, its = '') => arbitraryOf(other, resolve, its, depth + 1);
  if (depth > MOST_DEPTH) return fc.jsonValue({ maxDepth: 1 });
  if (schema.$ref) return inner(resolve(schema.$ref));
  const examples = [...(schema.examples ?? []), ...('example' in schema ? [schema.example] : [])];
  if (name === 'number') return fc.integer({ min: 1, max: 2 });
  if (isId(name)) return fc.nat().map((pick) => new KnownId(name, pick));
  const values = valuesOf(schema, inner);
  return examples.length > 0 ? fc.oneof(values, fc.constantFrom(...examples)) : values;
}

function valuesOf(
  schema: Schema,
  inner: (schema: Schema, name?: string) => fc.Arbitrary<unknown>,
): fc.Arbitrary<unknown> {
  if (schema.const !== undefined) return fc.constant(schema.const);
  if (schema.enum) return fc.constantFrom(...schema.enum);
  const choices = schema.oneOf ?? schema.anyOf;
  if (choices) return fc.oneof(...choices.map((choice) => inner(choice)));
  if (schema.allOf) {
    return fc.tuple(...schema.allOf.map((part) => inner(part))).map((parts) => Object.assign({}, ...parts) as unknown);
  }
  const types = schema.type === undefined ? [] : [schema.type].flat();
  if (types.length === 0) return schema.properties ? objectOf(schema, inner) : fc.jsonValue({ maxDepth: 2 });
  return fc.oneof(...types.map((type) => ofType(type, schema, inner)));
}

function ofType(
  type: string,
  schema: Schema,
  inner: (schema: Schema, name?: string) => fc.Arbitrary<unknown>,
): fc.Arbitrary<unknown> {
  switch (type) {
    case 'null':
      return fc.constant(null);
    case 'boolean':
      return fc.boolean();
    case 'integer':
      return fc.integer({ min: schema.minimum ?? -5, max: schema.maximum ?? 1_000 });
    case 'number':
      return fc.double({ min: schema.minimum ?? -1e3, max: schema.maximum ?? 1e3, noNaN: true });
    case 'array':
      return fc.array(inner(schema.items ?? {}), { maxLength: 3 });
    case 'object':
      return schema.properties
        ? objectOf(schema, inner)
        : fc.dictionary(fc.string({ maxLength: 8 }), fc.jsonValue({ maxDepth: 2 }), {
            maxKeys: 3,
            noNullPrototype: true,
          });
    default:
      return textOf(schema);
  }
}

function textOf({ format, minLength = 0, maxLength = 40 }: Schema): fc.Arbitrary<unknown> {
  if (format === 'date-time') {
    return fc
      .date({ min: new Date('1970-01-01'), max: new Date('2100-01-01'), noInvalidDate: true })
      .map((date) => date.toISOString());
  }
  return fc.string({ minLength, maxLength: Math.max(minLength, Math.min(maxLength, 40)) });
}

function objectOf(
  { properties = {}, required = [] }: Schema,
  inner: (schema: Schema, name?: string) => fc.Arbitrary<unknown>,
): fc.Arbitrary<unknown> {
  const fields = Object.fromEntries(Object.entries(properties).map(([name, field]) => [name, inner(field, name)]));
  return fc.record(fields, { requiredKeys: [...required], noNullPrototype: true });
}
