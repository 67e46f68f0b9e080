import type { ASTNode } from '@marcbachmann/cel-js';
import { Failure } from './expression-error.js';
import { findFunction } from './functions/catalogue.js';
import { LIMITS } from './limits.js';
import { invalid, makeNode, type Call, type Place } from './resolve-place.js';
import { expandMacro } from './resolve-macros.js';
import type { BinaryOperator, Node, NodeOf } from './syntax.js';

export interface ResolvedSyntax {
  readonly root: Node;
  /** The free names. */
  readonly roots: ReadonlySet<string>;
}

/** Gives every name of the library's tree its meaning, and holds the tree to the limits. */
export function resolve(ast: ASTNode): ResolvedSyntax {
  const roots = new Set<string>();
  return { root: resolveNode(ast, { locals: new Map(), depth: 0, comprehensions: 0, roots }), roots };
}

function resolveNode(ast: ASTNode, parent: Place): Node {
  const place = { ...parent, depth: parent.depth + 1 };
  if (place.depth > LIMITS.depth) {
    throw new Failure('expression-too-costly', `The expression is nested deeper than ${LIMITS.depth}`, ast.range);
  }
  const resolver = resolvers[ast.op] ?? resolveBinary;
  return (resolver as Resolve)(ast, place);
}

type Ast<Op extends ASTNode['op']> = Extract<ASTNode, { op: Op }>;
type Resolve = (ast: ASTNode, place: Place) => Node;

/** How each operation of the library's tree is resolved; what is not listed is a binary operator. */
const resolvers: { readonly [Op in ASTNode['op']]?: (ast: Ast<Op>, place: Place) => Node } = {
  value: (ast) => makeNode(ast, { op: 'literal', value: literal(ast.args, ast) }, []),
  id: (ast, place) => resolveName(ast, ast.args, place),
  '.': resolveField,
  '.?': resolveField,
  '[]': resolveIndex,
  '[?]': resolveIndex,
  call: (ast, place) => resolveCall({ ast, name: ast.args[0], receiver: undefined, args: ast.args[1] }, place),
  rcall: (ast, place) => resolveCall({ ast, name: ast.args[0], receiver: ast.args[1], args: ast.args[2] }, place),
  list: (ast, place) => {
    const items = resolveAll(ast.args, place);
    return makeNode(ast, { op: 'list', items }, items);
  },
  map: (ast, place) => {
    const entries = ast.args.map(([key, value]) => [resolveNode(key, place), resolveNode(value, place)] as const);
    return makeNode(ast, { op: 'map', entries }, entries.flat());
  },
  '?:': (ast, place) => {
    const [condition, yes, no] = resolveAll(ast.args, place);
    return makeNode(ast, { op: 'conditional', condition, yes, no }, [condition, yes, no]);
  },
  '&&': resolveLogical,
  '||': resolveLogical,
  '!_': resolveUnary,
  '-_': resolveUnary,
};

/** The nodes of a fixed number of parts come out as as many. */
function resolveAll<Parts extends readonly ASTNode[]>(parts: Parts, place: Place): { [Index in keyof Parts]: Node } {
  return parts.map((part) => resolveNode(part, place)) as { [Index in keyof Parts]: Node };
}

function resolveField(ast: Ast<'.' | '.?'>, place: Place): Node {
  const object = resolveNode(ast.args[0], place);
  const key = makeNode(ast, { op: 'literal', value: ast.args[1] }, []);
  return makeNode(ast, { op: 'select', object, key, optional: ast.op === '.?' }, [object]);
}

function resolveIndex(ast: Ast<'[]' | '[?]'>, place: Place): Node {
  const [object, key] = resolveAll(ast.args, place);
  return makeNode(ast, { op: 'select', object, key, optional: ast.op === '[?]' }, [object, key]);
}

function resolveLogical(ast: Ast<'&&' | '||'>, place: Place): Node {
  const [left, right] = resolveAll(ast.args, place);
  return makeNode(ast, { op: 'logical', operator: ast.op, left, right }, [left, right]);
}

function resolveUnary(ast: Ast<'!_' | '-_'>, place: Place): Node {
  const operand = resolveNode(ast.args, place);
  return makeNode(ast, { op: 'unary', operator: ast.op === '!_' ? '!' : '-', operand }, [operand]);
}

function resolveBinary(ast: Ast<BinaryOperator>, place: Place): Node {
  const [left, right] = resolveAll(ast.args, place);
  return makeNode(ast, { op: 'binary', operator: ast.op, left, right }, [left, right]);
}

function resolveName(ast: ASTNode, name: string, place: Place): Node {
  const slot = place.locals.get(name);
  if (slot !== undefined) return makeNode(ast, { op: 'local', slot }, []);
  place.roots.add(name);
  return makeNode(ast, { op: 'root', name }, []);
}

function literal(value: Extract<ASTNode, { op: 'value' }>['args'], ast: ASTNode): NodeOf<'literal'>['value'] {
  if (typeof value === 'object' && value !== null && 'value' in value) return literal(value.value, ast); // 5u
  if (typeof value !== 'bigint') return value;
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : invalid('A whole number beyond 2^53 is not exact in JSON', ast);
}

/** `name(args)`, `receiver.name(args)`, or `namespace.name(args)`. */
function resolveCall(call: Call, place: Place): Node {
  const macro = expandMacro(call, place, resolveNode);
  if (macro) return macro;

  const { ast, name, receiver, args } = call;
  const namespace = receiver?.op === 'id' && !place.locals.has(receiver.args) ? receiver.args : undefined;
  const namespaced = namespace === undefined ? undefined : findFunction(`${namespace}.${name}`);
  const definition = namespaced ?? findFunction(name);
  if (!definition) return invalid(`There is no function "${name}"`, ast);

  const isMethodCall = receiver !== undefined && !namespaced;
  const parts = isMethodCall ? [receiver, ...args] : args;
  const styleFits = isMethodCall ? definition.isMethod : definition.isFunction;
  const countFits = parts.length >= definition.minArgs && parts.every((_, index) => definition.parameterAt(index));
  if (!styleFits || !countFits) return invalid(`"${name}" is called as ${definition.usage}`, ast);

  const resolved = parts.map((part) => resolveNode(part, place));
  return makeNode(ast, { op: 'call', definition, args: resolved }, resolved);
}
