import type { ASTNode } from '@marcbachmann/cel-js';
import { Failure } from './expression-error.js';
import { LIMITS } from './limits.js';
import { invalid, makeNode, type Call, type Place } from './resolve-place.js';
import type { Node, NodeOf } from './syntax.js';

type Resolve = (ast: ASTNode, place: Place) => Node;

/** What looks like a call but is none: it binds a variable, or evaluates a part only if it is needed. */
export function expandMacro(call: Call, place: Place, resolve: Resolve): Node | undefined {
  const { ast, name, receiver, args } = call;
  const [first, second, third] = args;
  if (!receiver) return name === 'has' ? resolveHas(call, place, resolve) : undefined;
  switch (`${name}/${args.length}`) {
    case 'all/2':
    case 'exists/2':
    case 'exists_one/2':
    case 'filter/2':
      return resolveComprehension(call, { condition: second }, place, resolve);
    case 'map/2':
      return resolveComprehension(call, { value: second }, place, resolve);
    case 'map/3':
      return resolveComprehension(call, { condition: second, value: third }, place, resolve);
    case 'bind/3':
      return receiver.op === 'id' && receiver.args === 'cel' ? resolveBind(call, place, resolve) : undefined;
    case 'or/1':
    case 'orValue/1': {
      const [optional, otherwise] = [resolve(receiver, place), resolve(first!, place)];
      return makeNode(ast, { op: 'orElse', optional, otherwise, keepsOptional: name === 'or' }, [optional, otherwise]);
    }
    default:
      return undefined;
  }
}

function resolveHas({ ast, args }: Call, place: Place, resolve: Resolve): Node {
  const [operand] = args;
  if (args.length !== 1 || (operand?.op !== '.' && operand?.op !== '.?'))
    return invalid('has() takes a field, such as has(inputs.city)', ast);
  const object = resolve(operand.args[0], place);
  return makeNode(ast, { op: 'has', object, field: operand.args[1] }, [object]);
}

function resolveComprehension(
  { ast, name, receiver, args }: Call,
  body: { condition?: ASTNode | undefined; value?: ASTNode | undefined },
  place: Place,
  resolve: Resolve,
): Node {
  const comprehensions = place.comprehensions + 1;
  if (comprehensions > LIMITS.comprehensionDepth) {
    const message = `More than ${LIMITS.comprehensionDepth} comprehensions inside each other`;
    throw new Failure('expression-too-costly', message, ast.range);
  }
  const kind = name as NodeOf<'comprehension'>['kind'];
  const range = resolve(receiver!, place);
  const { slot, inside } = bindLocal(args[0]!, { ...place, comprehensions });
  const condition = body.condition && resolve(body.condition, inside);
  const value = body.value && resolve(body.value, inside);
  return makeNode(ast, { op: 'comprehension', kind, range, slot, condition, value }, [range, condition, value]);
}

function resolveBind({ ast, args }: Call, place: Place, resolve: Resolve): Node {
  const value = resolve(args[1]!, place);
  const { slot, inside } = bindLocal(args[0]!, place);
  const body = resolve(args[2]!, inside);
  return makeNode(ast, { op: 'bind', slot, value, body }, [value, body]);
}

/** A new variable takes the slot after those that are alive, also if it shadows one of them. */
function bindLocal(variable: ASTNode, place: Place): { slot: number; inside: Place } {
  if (variable.op !== 'id') return invalid('The first argument must be the name of a variable', variable);
  const slot = Math.max(-1, ...place.locals.values()) + 1;
  return { slot, inside: { ...place, locals: new Map(place.locals).set(variable.args, slot) } };
}
