import type { Json } from '../../common/json.js';
import { byLength, LruCache } from '../../common/lru-cache.js';
import { outputBudget, workBudget, type Budget } from './budget.js';
import { compile } from './compile.js';
import { withSource } from './expression-error.js';
import type { Frame, Scope } from './frame.js';
import { LIMITS } from './limits.js';
import { parse } from './parse.js';
import type { Node } from './syntax.js';
import { toJson } from './to-json.js';

/** A parsed expression. It is immutable and may be evaluated any number of times. */
export interface Expression {
  readonly source: string;
  /** The names that it refers to: `inputs`, node ids, loop variables. */
  readonly roots: ReadonlySet<string>;
  /** For the checker. */
  readonly syntax: Node;

  /**
   * Evaluates it to JSON; `to-json.ts` says what becomes of timestamps and the like. The same scope always gives the same
   * result: there is no function that reads a clock or randomness.
   *
   * @param scope the values of its roots, as plain JSON. The result may share parts with it: neither may be changed.
   * @param work what it may cost; several evaluations that share one are bounded together
   * @param room what the result may take
   * @throws ExpressionError `expression-error`, `expression-unknown-name`, `expression-too-costly`
   */
  readonly evaluate: (scope: Scope, work?: Budget, room?: Budget) => Json;
}

const cache = new LruCache<string, Expression>(LIMITS.cachedSource, byLength);

/**
 * Parses bare CEL. Sources seen lately are answered from a cache.
 *
 * @throws ExpressionError `expression-invalid`, `expression-too-costly`
 */
export function parseExpression(source: string): Expression {
  return cache.getOrMake(source, () => withSource(source, () => makeExpression(source)));
}

function makeExpression(source: string): Expression {
  const { root, roots } = parse(source);
  const run = compile(root);
  return {
    source,
    roots,
    syntax: root,
    evaluate(scope, work = workBudget(), room = outputBudget()) {
      const frame: Frame = { scope, locals: [], work, at: undefined };
      return withSource(
        source,
        () => toJson(run(frame), work, room),
        () => frame.at,
      );
    },
  };
}
