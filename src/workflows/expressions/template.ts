import type { Json } from '../../common/json.js';
import { outputBudget, workBudget, type Budget } from './budget.js';
import { parseExpression } from './expression.js';
import type { Scope } from './frame.js';
import { splitText, stringsOf, type TextPart } from './template-text.js';

/** JSON with `${…}` in its strings. */
export interface Template {
  /** Its expressions, each with the pointer (RFC 6901) of its string inside the value. */
  readonly expressions: readonly TemplateExpression[];
  /** The names that they refer to. */
  readonly roots: ReadonlySet<string>;
  /** Whether there are none, so that every evaluation gives the same. */
  readonly isConstant: boolean;

  /**
   * Fills it in. One budget bounds all its expressions together, and their results.
   *
   * @throws ExpressionError as `Expression.evaluate`
   */
  readonly evaluate: (scope: Scope) => Json;
}

export interface TemplateExpression {
  readonly source: string;
  readonly pointer: string;
}

type Fill = (scope: Scope, work: Budget, room: Budget) => Json;

/**
 * Parses any JSON with expressions: a string that is nothing but `${expr}` keeps the type of its value, in other text
 * the value is inserted (a string as it is, everything else as JSON), and `$${` is a literal `${`. Keys are not templates.
 *
 * @throws ExpressionError `expression-invalid`, `expression-too-costly`: the first one; `checkTemplate` collects all
 */
export function parseTemplate(value: Json): Template {
  const expressions: TemplateExpression[] = [];
  for (const { text, pointer } of stringsOf(value)) {
    for (const part of splitText(text)) if ('source' in part) expressions.push({ source: part.source, pointer });
  }
  const fill = compileValue(value);
  return {
    expressions,
    roots: new Set(expressions.flatMap(({ source }) => [...parseExpression(source).roots])),
    isConstant: expressions.length === 0,
    evaluate: (scope) => fill(scope, workBudget(), outputBudget()),
  };
}

function compileValue(value: Json): Fill {
  if (typeof value === 'string') return compileText(splitText(value));
  if (Array.isArray(value)) {
    const items = value.map(compileValue);
    return (scope, work, room) => items.map((item) => item(scope, work, room));
  }
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).map(([key, field]) => [key, compileValue(field)] as const);
    // fromEntries defines own properties: a key "__proto__" stays a key.
    return (scope, work, room) => Object.fromEntries(entries.map(([key, field]) => [key, field(scope, work, room)]));
  }
  return () => value;
}

function compileText(parts: readonly TextPart[]): Fill {
  const [first] = parts;
  if (parts.length === 1 && first && 'source' in first) {
    const { evaluate } = parseExpression(first.source);
    return evaluate;
  }
  const pieces = parts.map(compilePart);
  return (scope, work, room) => pieces.map((piece) => piece(scope, work, room)).join('');
}

function compilePart(part: TextPart): (...args: Parameters<Fill>) => string {
  if ('literal' in part) {
    const { literal } = part;
    return (_scope, _work, room) => (room.spend(literal.length), literal);
  }
  const { evaluate } = parseExpression(part.source);
  return (scope, work, room) => {
    const value = evaluate(scope, work, room);
    return typeof value === 'string' ? value : JSON.stringify(value);
  };
}
