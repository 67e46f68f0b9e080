import { type Fault } from '../../common/errors.js';
import { type JsonSchema } from '../../common/json-schema.js';
import { checkExpression, ExpressionError } from '../../workflows/index.js';

/** What is wrong with an expression of a config, by what it will see; none: nothing. */
export function expressionFaults(
  pointer: string,
  source: string,
  scope: Readonly<Record<string, JsonSchema>>,
  expected?: 'bool' | 'list',
): Fault[] {
  try {
    checkExpression(source, scope, expected);
    return [];
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    return [{ pointer, code: error.code, message: error.message }];
  }
}
