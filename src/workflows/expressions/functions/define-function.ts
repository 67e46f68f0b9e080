import type { Budget } from '../budget.js';
import { fail } from '../expression-error.js';
import { typeOf, type Type, type TypeName } from '../types.js';
import { kindOf, type Duration, type MapValue, type Optional } from '../values.js';

interface ValuesByName {
  string: string;
  number: number;
  bool: boolean;
  list: readonly unknown[];
  map: MapValue;
  bytes: Uint8Array;
  timestamp: Date;
  duration: Duration;
  optional: Optional;
  dyn: unknown;
}

/** The kinds that a parameter takes: `string`, `string|bytes`; `number?` may be left out, `dyn...` takes all the rest. */
type ValueOf<Spec extends string> = Spec extends `${infer Rest}...`
  ? ValueOf<Rest>[]
  : Spec extends `${infer Rest}?`
    ? ValueOf<Rest> | undefined
    : Spec extends `${infer Left}|${infer Right}`
      ? ValueOf<Left> | ValueOf<Right>
      : Spec extends keyof ValuesByName
        ? ValuesByName[Spec]
        : never;

interface Definition<Params extends Record<string, string>> {
  /** `trim`, or with its namespace `json.parse`. */
  name: string;
  /** A method is called on its first parameter, `text.trim()`; `both` may be called either way. */
  style?: 'function' | 'method' | 'both';
  /** In the order of the call. */
  params: Params;
  /** The type of the result, or how it follows from the types of the arguments. */
  returns: string | ((...args: Type[]) => Type);
  /** For people who write workflows. */
  description: string;
  /** Pays for what it touches, before it touches it. Must not read a clock, randomness or anything outside. */
  run: (args: { [Name in keyof Params]: ValueOf<Params[Name]> }, work: Budget) => unknown;
}

export interface Parameter {
  readonly name: string;
  readonly kinds: readonly TypeName[];
}

/** One entry of the reference of functions. */
export interface ExpressionFunction {
  readonly name: string;
  /** How to call it, `text.split(separator, limit?)`: `?` marks what may be left out, `...` what may be repeated. */
  readonly usage: string;
  readonly description: string;
}

/** A function of expressions, as the parser, the checker and the evaluator see it. */
export interface FunctionDefinition extends ExpressionFunction {
  readonly isFunction: boolean;
  readonly isMethod: boolean;
  /** The parameter of the argument at an index, or undefined if there may be none. */
  readonly parameterAt: (index: number) => Parameter | undefined;
  readonly minArgs: number;
  readonly returns: (args: readonly Type[]) => Type;
  readonly call: (args: readonly unknown[], work: Budget) => unknown;
}

/** Declares a function: the types of its handler's arguments follow from `params`. */
export function defineFunction<const Params extends Record<string, string>>(
  definition: Definition<Params>,
): FunctionDefinition {
  const { name, style = 'function', returns, description, run } = definition;
  const specs = Object.entries(definition.params);
  const params = specs.map(([param, spec]): Parameter => ({ name: param, kinds: kindsOf(spec) }));
  const isVariadic = specs.at(-1)?.[1].endsWith('...') ?? false;
  const parameterAt = (index: number) => params[index] ?? (isVariadic ? params.at(-1) : undefined);
  const type = typeof returns === 'string' ? typeOf(returns) : undefined;

  function call(args: readonly unknown[], work: Budget): unknown {
    const named: Record<string, unknown> = {};
    for (let i = 0; i < args.length; i++) checkArgument(name, parameterAt(i), args[i]);
    for (let i = 0; i < params.length; i++) named[params[i]!.name] = args[i];
    if (isVariadic) named[params.at(-1)!.name] = args.slice(params.length - 1);
    return run(named as Parameters<typeof run>[0], work);
  }

  return {
    name,
    isFunction: style !== 'method',
    isMethod: style !== 'function',
    parameterAt,
    minArgs: specs.filter(([, spec]) => !spec.endsWith('?')).length,
    returns: (args) => type ?? (returns as (...args: Type[]) => Type)(...args),
    usage: describeUsage(name, style, specs),
    description,
    call,
  };
}

function checkArgument(name: string, parameter: Parameter | undefined, value: unknown): void {
  const kind = kindOf(value);
  if (parameter && !accepts(parameter, kind)) fail(mismatch(name, parameter, kind));
}

export function accepts(parameter: Parameter, kind: TypeName): boolean {
  return kind === 'dyn' || parameter.kinds.includes(kind) || parameter.kinds.includes('dyn');
}

export function mismatch(name: string, parameter: Parameter, actual: string): string {
  return `${name}: "${parameter.name}" must be ${parameter.kinds.join(' or ')}, not ${actual}`;
}

function kindsOf(spec: string): TypeName[] {
  return spec.replace(/(\?|\.\.\.)$/, '').split('|') as TypeName[];
}

function describeUsage(name: string, style: 'function' | 'method' | 'both', specs: [string, string][]): string {
  const names = specs.map(([param, spec]) => param + (/(\?|\.\.\.)$/.exec(spec)?.[0] ?? ''));
  const asFunction = `${name}(${names.join(', ')})`;
  const asMethod = `${names[0]}.${name}(${names.slice(1).join(', ')})`;
  if (style === 'both') return `${asMethod} or ${asFunction}`;
  return style === 'method' ? asMethod : asFunction;
}
