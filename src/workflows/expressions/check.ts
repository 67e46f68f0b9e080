import { checkBinary } from './check-binary.js';
import { Failure } from './expression-error.js';
import { accepts, mismatch } from './functions/define-function.js';
import type { Node, NodeOf } from './syntax.js';
import { BOOL, describeType, DYN, itemsOf, listOf, unify, unifyAll, type Type, type TypeName } from './types.js';
import { kindOf } from './values.js';

/** What is known where an expression stands. */
export interface CheckScope {
  readonly roots: ReadonlyMap<string, Type>;
  /** The types of the variables, by slot. */
  readonly locals: Type[];
}

const rules: { readonly [Op in Node['op']]: (node: NodeOf<Op>, scope: CheckScope) => Type } = {
  literal: (node) => ({ kind: kindOf(node.value) as 'null' | 'bool' | 'number' | 'string' | 'bytes' }),
  root: checkRoot,
  local: (node, scope) => scope.locals[node.slot] ?? DYN,
  select: checkSelect,
  has: (node, scope) => (check(node.object, scope), BOOL),
  call: checkCall,
  list: (node, scope) => listOf(unifyAll(node.items.map((item) => check(item, scope)))),
  map: checkMap,
  conditional: checkConditional,
  logical: checkLogical,
  unary: checkUnary,
  binary: (node, scope) => checkBinary(node, check(node.left, scope), check(node.right, scope)),
  comprehension: checkComprehension,
  bind: checkBind,
  orElse: checkOrElse,
};

/**
 * The type of an expression, found without evaluating it. Whatever depends on values that no schema describes is `dyn`
 * and passes; what cannot work on any value fails.
 *
 * @throws Failure `expression-unknown-name`, `expression-type`
 */
export function check(node: Node, scope: CheckScope): Type {
  return (rules[node.op] as (node: Node, scope: CheckScope) => Type)(node, scope);
}

function typeFailure(message: string, node: Node): never {
  throw new Failure('expression-type', message, node);
}

/** Checks a part that must be of one kind. */
function expectKind(kind: TypeName, what: string, node: Node, scope: CheckScope): Type {
  const type = check(node, scope);
  if (type.kind === kind || type.kind === 'dyn') return type;
  return typeFailure(`${what} must be ${kind}, not ${describeType(type)}`, node);
}

function checkRoot(node: NodeOf<'root'>, { roots }: CheckScope): Type {
  const type = roots.get(node.name);
  if (type) return type;
  const known = roots.size === 0 ? 'nothing is' : `in scope: ${listNames(roots.keys())}`;
  throw new Failure('expression-unknown-name', `"${node.name}" is not in scope here; ${known}`, node);
}

function checkSelect(node: NodeOf<'select'>, scope: CheckScope): Type {
  const object = check(node.object, scope);
  const key = check(node.key, scope);
  const isOptional = node.optional || object.kind === 'optional';
  const value = typeOfField(node, object.kind === 'optional' ? object.value : object, key, isOptional);
  return isOptional ? { kind: 'optional', value } : value;
}

function typeOfField(node: NodeOf<'select'>, object: Type, key: Type, isOptional: boolean): Type {
  if (object.kind === 'list') {
    if (key.kind === 'number' || key.kind === 'dyn') return object.items;
    return typeFailure(`An index of a list must be number, not ${describeType(key)}`, node);
  }
  if (object.kind === 'map') {
    const name = node.key.op === 'literal' ? node.key.value : undefined;
    if (typeof name !== 'string') return object.others ?? DYN;
    const type = object.fields.get(name) ?? object.others;
    if (type) return type;
    if (isOptional) return DYN;
    return typeFailure(`There is no field "${name}"; there are: ${listNames(object.fields.keys())}`, node);
  }
  return object.kind === 'dyn' ? DYN : typeFailure(`A ${describeType(object)} has no fields`, node);
}

function checkCall(node: NodeOf<'call'>, scope: CheckScope): Type {
  const { definition } = node;
  const types = node.args.map((arg, index) => {
    const type = check(arg, scope);
    const parameter = definition.parameterAt(index);
    if (!parameter || accepts(parameter, type.kind)) return type;
    return typeFailure(mismatch(definition.name, parameter, describeType(type)), arg);
  });
  return definition.returns(types);
}

function checkMap(node: NodeOf<'map'>, scope: CheckScope): Type {
  const fields = new Map<string, Type>();
  let isOpen = false;
  for (const [key, value] of node.entries) {
    check(key, scope);
    const type = check(value, scope);
    if (key.op === 'literal') fields.set(String(key.value), type);
    else isOpen = true;
  }
  return { kind: 'map', fields, others: isOpen ? DYN : undefined };
}

function checkConditional(node: NodeOf<'conditional'>, scope: CheckScope): Type {
  expectKind('bool', 'The condition of ?:', node.condition, scope);
  return unify(check(node.yes, scope), check(node.no, scope));
}

function checkLogical(node: NodeOf<'logical'>, scope: CheckScope): Type {
  for (const operand of [node.left, node.right]) expectKind('bool', `An operand of ${node.operator}`, operand, scope);
  return BOOL;
}

function checkUnary(node: NodeOf<'unary'>, scope: CheckScope): Type {
  if (node.operator === '!') {
    expectKind('bool', 'The operand of !', node.operand, scope);
    return BOOL;
  }
  const type = check(node.operand, scope);
  if (type.kind === 'number' || type.kind === 'duration' || type.kind === 'dyn') return type;
  return typeFailure(`Cannot negate ${describeType(type)}`, node);
}

function checkComprehension(node: NodeOf<'comprehension'>, scope: CheckScope): Type {
  const range = check(node.range, scope);
  const item = itemsOf(range);
  if (!item) return typeFailure(`Only a list or a map can be gone through, not ${describeType(range)}`, node.range);
  scope.locals[node.slot] = item;
  if (node.condition) expectKind('bool', `The condition of ${node.kind}`, node.condition, scope);
  if (node.kind === 'map') return listOf(node.value ? check(node.value, scope) : DYN);
  return node.kind === 'filter' ? listOf(item) : BOOL;
}

function checkBind(node: NodeOf<'bind'>, scope: CheckScope): Type {
  scope.locals[node.slot] = check(node.value, scope);
  return check(node.body, scope);
}

function checkOrElse(node: NodeOf<'orElse'>, scope: CheckScope): Type {
  const optional = expectKind('optional', 'The receiver of or() and orValue()', node.optional, scope);
  const otherwise = check(node.otherwise, scope);
  if (node.keepsOptional) return unify(optional, otherwise);
  return optional.kind === 'optional' ? unify(optional.value, otherwise) : DYN;
}

function listNames(names: Iterable<string>): string {
  const all = [...names];
  return all.length > 20 ? `${all.slice(0, 20).join(', ')}, …` : all.join(', ');
}
