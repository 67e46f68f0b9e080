import fc from 'fast-check';
import { arbitraryOf, hostileJson, hostileText, type Schema } from './schema-arbitrary.js';

/** As much of an OpenAPI document as the fuzzer reads. */
export interface OpenApi {
  readonly paths: Readonly<Record<string, Readonly<Record<string, OpenApiOperation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

interface OpenApiOperation {
  readonly operationId: string;
  readonly parameters?: readonly { name: string; in: string; required?: boolean; schema?: Schema; example?: unknown }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { schema: Schema }>> };
}

/** A request, but for the ids that are known when it is sent. */
export interface FuzzRequest {
  readonly path: Readonly<Record<string, unknown>>;
  readonly query: readonly (readonly [string, unknown])[];
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** Undefined: none. A {@link RawBody} is sent as it is, anything else as JSON. */
  readonly body: unknown;
}

/** No JSON. */
export class RawBody {
  constructor(readonly text: string) {}
}

/** An operation of the document with its requests. */
export interface FuzzOperation {
  readonly id: string;
  readonly method: string;
  readonly template: string;
  readonly requests: fc.Arbitrary<FuzzRequest>;
}

/** Every operation of the document. */
export function operationsOf(document: OpenApi): FuzzOperation[] {
  const resolve = (ref: string): Schema => document.components.schemas[ref.split('/').at(-1)!]!;
  return Object.entries(document.paths).flatMap(([template, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      id: operation.operationId,
      method: method.toUpperCase(),
      template,
      requests: requestsOf(template, operation, resolve),
    })),
  );
}

/** One in five is not what the schema says. */
const mostly = (right: fc.Arbitrary<unknown>, wrong: fc.Arbitrary<unknown>) =>
  fc.oneof({ weight: 4, arbitrary: right }, { weight: 1, arbitrary: wrong });

function requestsOf(
  template: string,
  operation: OpenApiOperation,
  resolve: (ref: string) => Schema,
): fc.Arbitrary<FuzzRequest> {
  const parameters = operation.parameters ?? [];
  const of = (place: string) => parameters.filter((parameter) => parameter.in === place);
  const valueOf = ({ name, schema = {}, example }: (typeof parameters)[number]) =>
    mostly(
      arbitraryOf(example === undefined ? schema : { ...schema, example }, resolve, fieldOf(template, name)),
      hostileText,
    );
  const path = fc.record(Object.fromEntries(of('path').map((parameter) => [parameter.name, valueOf(parameter)])), {
    noNullPrototype: true,
  });
  const query = fc.tuple(
    ...of('query').map((parameter) =>
      fc.option(
        valueOf(parameter).map((value) => [parameter.name, value] as const),
        {
          nil: undefined,
          freq: parameter.required ? 10 : 2,
        },
      ),
    ),
    fc.oneof(
      { weight: 9, arbitrary: fc.constant(undefined) },
      { weight: 1, arbitrary: fc.tuple(hostileText, hostileText) },
    ),
  );
  return fc.record({
    path,
    query: query.map((pairs) => pairs.filter((pair) => pair !== undefined) as [string, unknown][]),
    headers: headersOf(of('header').map(({ name }) => name)),
    body: bodyOf(operation, resolve),
  });
}

/** Texts that a header may carry. */
const headerText = fc.stringMatching(/^[\x21-\x7e]{0,30}$/);

/** The field that holds what a parameter takes: `workflow_id` for the `{id}` of `/v1/workflows/{id}`. */
function fieldOf(template: string, name: string): string {
  const collection = /([a-z]+)s\/\{id\}/.exec(template)?.[1];
  return name === 'id' && collection ? `${collection}_id` : name;
}

function headersOf(names: readonly string[]): fc.Arbitrary<FuzzRequest['headers']> {
  const some = fc.oneof(fc.constantFrom('a', 'b', '"1"', '1', '*'), headerText);
  return fc.record(Object.fromEntries(names.map((name) => [name, some])), { requiredKeys: [], noNullPrototype: true });
}

function bodyOf({ requestBody }: OpenApiOperation, resolve: (ref: string) => Schema): fc.Arbitrary<unknown> {
  const raw = fc.oneof(hostileText, fc.constant('{"a":'), fc.constant('[1,2')).map((text) => new RawBody(text));
  const content = requestBody?.content;
  if (!content)
    return fc.oneof({ weight: 8, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: hostileJson });
  const schema = content['application/json']?.schema ?? {};
  const right = arbitraryOf(schema, resolve);
  const bent = fc.tuple(right, fc.nat(), hostileJson).map(([body, at, value]) => bend(body, at, value));
  return fc.oneof(
    { weight: 6, arbitrary: right },
    { weight: 3, arbitrary: bent },
    { weight: 1, arbitrary: hostileJson },
    { weight: 1, arbitrary: raw },
    { weight: 1, arbitrary: fc.constant(undefined) },
  );
}

/** One of its fields, at any depth, is another value. */
function bend(body: unknown, at: number, value: unknown): unknown {
  if (typeof body !== 'object' || body === null) return value;
  const entries = Object.entries(body);
  if (entries.length === 0) return { [`x${at}`]: value };
  const [key, old] = entries[at % entries.length]!;
  const deeper = Math.floor(at / entries.length);
  const bent = deeper % 2 === 0 ? value : bend(old, Math.floor(deeper / 2), value);
  return Array.isArray(body) ? body.with(Number(key), bent) : { ...body, [key]: bent };
}
