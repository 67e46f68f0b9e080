import { type JsonObject } from '../../common/json.js';
import { checkExpression } from '../expressions/check-expression.js';
import { ExpressionError } from '../expressions/expression-error.js';
import { FindingList } from '../spec/findings.js';
import { SpecInvalidProblem } from '../workflow.errors.js';
import { checkScope } from './check-scope.js';
import { checkSize } from './check-size.js';
import { type CheckExpressionResponse } from './expression-check.dto.js';
import { type Catalogues } from './preflight.js';
import { type SchemaScope, startScope } from './scope.js';

/**
 * Type-checks an expression as if it stood at `pointer` (a node or something in it; the end of the spec by default).
 * @throws SpecInvalidProblem when the spec is larger than a spec may be
 */
export function checkAt(
  catalogues: Catalogues,
  expression: string,
  spec: JsonObject | undefined,
  pointer = '/output',
): CheckExpressionResponse {
  const scope = scopeAt(catalogues, spec ?? {}, pointer);
  const names = Object.keys(scope);
  try {
    const { type } = checkExpression(expression, scope);
    return { ok: true, type, code: null, message: null, scope: names };
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    return { ok: false, type: null, code: error.code, message: error.message, scope: names };
  }
}

/** What is in scope at the innermost place that the pointer leads into. */
function scopeAt(catalogues: Catalogues, spec: JsonObject, pointer: string): SchemaScope {
  const tooLarge = new FindingList();
  if (!checkSize(spec, catalogues.nodeTypes, tooLarge)) {
    throw new SpecInvalidProblem('The spec has', tooLarge.errors, '/spec');
  }
  let found = startScope(spec.inputs);
  let depth = -1;
  checkScope(spec, catalogues, new FindingList(), (site, scope) => {
    const inside = pointer === site.pointer || pointer.startsWith(`${site.pointer}/`);
    if (inside && site.pointer.length >= depth) {
      depth = site.pointer.length;
      found = scope;
    }
  });
  return found;
}
