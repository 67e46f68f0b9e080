import type { SourceRange } from './expression-error.js';
import type { FunctionDefinition } from './functions/define-function.js';

/**
 * The syntax tree of an expression, with every name resolved: a function to its definition, a variable to its root or
 * its slot. `parse.ts` makes it of the CEL library's tree; `check.ts` and `compile.ts` read it.
 */
export type Node =
  | LiteralNode
  | RootNode
  | LocalNode
  | SelectNode
  | HasNode
  | CallNode
  | ListNode
  | MapNode
  | ConditionalNode
  | LogicalNode
  | UnaryNode
  | BinaryNode
  | ComprehensionNode
  | BindNode
  | OrElseNode;

/** The node of one operation. */
export type NodeOf<Op extends Node['op']> = Extract<Node, { op: Op }>;

interface BaseNode extends SourceRange {
  /** How many nodes it consists of, itself included: what evaluating it once costs, roughly. */
  readonly size: number;
}

interface LiteralNode extends BaseNode {
  readonly op: 'literal';
  readonly value: null | boolean | number | string | Uint8Array;
}

/** A free name, such as `inputs`. */
interface RootNode extends BaseNode {
  readonly op: 'root';
  readonly name: string;
}

/** The variable of a comprehension or of `cel.bind`; `slot` is its place among those that are alive. */
interface LocalNode extends BaseNode {
  readonly op: 'local';
  readonly slot: number;
}

/** `object.key`, `object[key]`; optional: `object.?key`, `object[?key]`. */
interface SelectNode extends BaseNode {
  readonly op: 'select';
  readonly object: Node;
  readonly key: Node;
  readonly optional: boolean;
}

/** `has(object.field)` */
interface HasNode extends BaseNode {
  readonly op: 'has';
  readonly object: Node;
  readonly field: string;
}

interface CallNode extends BaseNode {
  readonly op: 'call';
  readonly definition: FunctionDefinition;
  readonly args: readonly Node[];
}

interface ListNode extends BaseNode {
  readonly op: 'list';
  readonly items: readonly Node[];
}

interface MapNode extends BaseNode {
  readonly op: 'map';
  readonly entries: readonly (readonly [key: Node, value: Node])[];
}

/** `condition ? yes : no` */
interface ConditionalNode extends BaseNode {
  readonly op: 'conditional';
  readonly condition: Node;
  readonly yes: Node;
  readonly no: Node;
}

interface LogicalNode extends BaseNode {
  readonly op: 'logical';
  readonly operator: '&&' | '||';
  readonly left: Node;
  readonly right: Node;
}

interface UnaryNode extends BaseNode {
  readonly op: 'unary';
  readonly operator: '!' | '-';
  readonly operand: Node;
}

export type BinaryOperator = '==' | '!=' | '<' | '<=' | '>' | '>=' | 'in' | '+' | '-' | '*' | '/' | '%';

interface BinaryNode extends BaseNode {
  readonly op: 'binary';
  readonly operator: BinaryOperator;
  readonly left: Node;
  readonly right: Node;
}

/** `list.map(x, value)`, `list.map(x, condition, value)`, `list.filter(x, condition)`, `list.all(x, condition)` … */
interface ComprehensionNode extends BaseNode {
  readonly op: 'comprehension';
  readonly kind: 'map' | 'filter' | 'all' | 'exists' | 'exists_one';
  readonly range: Node;
  readonly slot: number;
  readonly condition: Node | undefined;
  /** Only of `map`. */
  readonly value: Node | undefined;
}

/** `cel.bind(name, value, body)` */
interface BindNode extends BaseNode {
  readonly op: 'bind';
  readonly slot: number;
  readonly value: Node;
  readonly body: Node;
}

/** `optional.orValue(otherwise)` and `optional.or(otherwise)`: `otherwise` is evaluated only if it is needed. */
interface OrElseNode extends BaseNode {
  readonly op: 'orElse';
  readonly optional: Node;
  readonly otherwise: Node;
  /** Whether `otherwise` is an optional too, and so the result. */
  readonly keepsOptional: boolean;
}
