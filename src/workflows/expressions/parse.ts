import { Environment, ParseError, type ASTNode } from '@marcbachmann/cel-js';
import { Failure } from './expression-error.js';
import { LIMITS } from './limits.js';
import { resolve, type ResolvedSyntax } from './resolve.js';

/**
 * The CEL library is our parser, and nothing else: this folder evaluates and checks by itself. The library's evaluator
 * can neither be interrupted nor be told to count, its built-in functions cannot be replaced (`matches` backtracks, `+`
 * and `join` know no limit), its integers are not JSON numbers, and a user's key named "constructor" confuses it.
 */
const parser = new Environment({
  unlistedVariablesAreDyn: true,
  enableOptionalTypes: true,
  limits: { maxAstNodes: LIMITS.nodes, maxDepth: LIMITS.nesting },
});

/** Source to syntax tree. */
export function parse(source: string): ResolvedSyntax {
  if (source.length > LIMITS.sourceLength) {
    throw new Failure('expression-too-costly', `An expression has at most ${LIMITS.sourceLength} characters`);
  }
  return resolve(parseCel(source));
}

function parseCel(source: string): ASTNode {
  try {
    return parser.parse(source).ast;
  } catch (error) {
    if (!(error instanceof ParseError)) throw error;
    const code = error.code === 'limit_exceeded' ? 'expression-too-costly' : 'expression-invalid';
    throw new Failure(code, error.summary, error.range);
  }
}
