import { negate } from './arithmetic.js';
import { compileComprehension } from './compile-comprehension.js';
import { Failure, fail } from './expression-error.js';
import { attempt, type Run } from './frame.js';
import { binaryOperators } from './operators.js';
import type { Node, NodeOf } from './syntax.js';
import { keyOf, kindOf, lookUp, Optional } from './values.js';

const compilers: { readonly [Op in Node['op']]: (node: NodeOf<Op>) => Run } = {
  literal: compileLiteral,
  root: compileRoot,
  local: compileLocal,
  select: compileSelect,
  has: compileHas,
  call: compileCall,
  list: compileList,
  map: compileMap,
  conditional: compileConditional,
  logical: compileLogical,
  unary: compileUnary,
  binary: compileBinary,
  comprehension: (node) => compileComprehension(node, compile),
  bind: compileBind,
  orElse: compileOrElse,
};

/** Syntax tree to closures: what is the same for every evaluation is done once, here. */
export function compile(node: Node): Run {
  return (compilers[node.op] as (node: Node) => Run)(node);
}

function compileLiteral({ value }: NodeOf<'literal'>): Run {
  return () => value;
}

function compileLocal({ slot }: NodeOf<'local'>): Run {
  return (frame) => frame.locals[slot];
}

function compileRoot(node: NodeOf<'root'>): Run {
  const { name } = node;
  return ({ scope }) => {
    const value = Object.hasOwn(scope, name) ? scope[name] : undefined;
    if (value !== undefined) return value;
    throw new Failure('expression-unknown-name', `There is no "${name}" here`, node);
  };
}

function compileSelect(node: NodeOf<'select'>): Run {
  const object = compile(node.object);
  const key = compile(node.key);
  return (frame) => {
    const container = object(frame);
    const wanted = key(frame);
    frame.at = node;
    if (container instanceof Optional) return Optional.of(lookUp(container.value, wanted));
    const found = lookUp(container, wanted);
    if (node.optional) return Optional.of(found);
    return found === undefined ? fail(describeMissing(container, wanted, node)) : found;
  };
}

/** A key that was computed is a value, and values are not shown. */
function describeMissing(container: unknown, key: unknown, node: NodeOf<'select'>): string {
  const kind = kindOf(container);
  if (kind === 'map') return node.key.op === 'literal' ? `There is no field "${keyOf(key)}"` : 'There is no such key';
  if (kind !== 'list') return `A ${kind} has no fields`;
  return typeof key === 'number' ? 'The index lies outside the list' : 'A list has no fields, only indexes';
}

function compileHas(node: NodeOf<'has'>): Run {
  const object = compile(node.object);
  const { field } = node;
  return (frame) => {
    const container = object(frame);
    return lookUp(container instanceof Optional ? container.value : container, field) !== undefined;
  };
}

/** What a call costs, whatever it does. */
const CALL_COST = 8;

function compileCall(node: NodeOf<'call'>): Run {
  const { call } = node.definition;
  const args = node.args.map(compile);
  return (frame) => {
    const values = args.map((arg) => arg(frame));
    frame.at = node;
    frame.work.spend(CALL_COST);
    return call(values, frame.work);
  };
}

function compileList(node: NodeOf<'list'>): Run {
  const items = node.items.map(compile);
  return (frame) => items.map((item) => item(frame));
}

function compileMap(node: NodeOf<'map'>): Run {
  const entries = node.entries.map(([key, value]) => [compile(key), compile(value)] as const);
  // fromEntries defines own properties: a key "__proto__" is a key like any other.
  return (frame) => Object.fromEntries(entries.map(([key, value]) => [keyOf(key(frame)), value(frame)]));
}

function compileConditional(node: NodeOf<'conditional'>): Run {
  const [condition, yes, no] = [compile(node.condition), compile(node.yes), compile(node.no)];
  return (frame) => {
    const chosen = condition(frame);
    frame.at = node.condition;
    if (typeof chosen !== 'boolean') return fail(`The condition of ?: must be bool, not ${kindOf(chosen)}`);
    return chosen ? yes(frame) : no(frame);
  };
}

function compileLogical(node: NodeOf<'logical'>): Run {
  const [left, right] = [compile(node.left), compile(node.right)];
  /** The operand that decides alone, on whichever side it stands: true for `||`, false for `&&`. */
  const decisive = node.operator === '||';
  return (frame) => {
    const first = attempt(left, frame);
    if (first === decisive) return decisive;
    const second = right(frame);
    if (second === decisive) return decisive;
    frame.at = node;
    if (first instanceof Failure) throw first;
    if (typeof first !== 'boolean') return fail(`${node.operator} takes bool, not ${kindOf(first)}`);
    if (typeof second !== 'boolean') return fail(`${node.operator} takes bool, not ${kindOf(second)}`);
    return !decisive;
  };
}

function compileUnary(node: NodeOf<'unary'>): Run {
  const operand = compile(node.operand);
  return (frame) => {
    const value = operand(frame);
    frame.at = node;
    if (node.operator === '-') return negate(value);
    return typeof value === 'boolean' ? !value : fail(`! takes bool, not ${kindOf(value)}`);
  };
}

function compileBinary(node: NodeOf<'binary'>): Run {
  const [left, right] = [compile(node.left), compile(node.right)];
  const apply = binaryOperators[node.operator];
  return (frame) => {
    const a = left(frame);
    const b = right(frame);
    frame.at = node;
    return apply(a, b, frame.work);
  };
}

function compileBind(node: NodeOf<'bind'>): Run {
  const [value, body] = [compile(node.value), compile(node.body)];
  const { slot } = node;
  return (frame) => {
    frame.locals[slot] = value(frame);
    return body(frame);
  };
}

function compileOrElse(node: NodeOf<'orElse'>): Run {
  const [optional, otherwise] = [compile(node.optional), compile(node.otherwise)];
  return (frame) => {
    const value = optional(frame);
    frame.at = node;
    if (!(value instanceof Optional)) return fail(`or() and orValue() take an optional, not ${kindOf(value)}`);
    if (value.hasValue) return node.keepsOptional ? value : value.value;
    const replacement = otherwise(frame);
    if (!node.keepsOptional || replacement instanceof Optional) return replacement;
    return fail(`or() takes another optional, not ${kindOf(replacement)}`);
  };
}
