import { check } from './check.js';
import { Failure, withSource } from './expression-error.js';
import { parseExpression } from './expression.js';
import { type JsonSchema } from '../../common/json-schema.js';
import { typeOfSchema } from './schema-types.js';
import { describeType, type Type, type TypeName } from './types.js';

/** What an expression may refer to: the names in scope and the JSON Schemas of their values; `true` is anything. */
export type ScopeSchemas = Readonly<Record<string, JsonSchema>>;

/**
 * Checks an expression against what is in scope, without evaluating it.
 *
 * @param expected the kind that its result must have
 * @returns the type of its result, such as `list<string>`; `dyn` if the schemas do not tell
 * @throws ExpressionError `expression-invalid`, `expression-too-costly`, `expression-unknown-name`, `expression-type`
 */
export function checkExpression(source: string, scope: ScopeSchemas, expected?: TypeName): { type: string } {
  const { syntax } = parseExpression(source);
  return withSource(source, () => {
    const type = check(syntax, { roots: rootTypes(scope), locals: [] });
    if (expected && !fits(type, expected)) {
      throw new Failure('expression-type', `The result must be ${expected}, not ${describeType(type)}`, syntax);
    }
    return { type: describeType(type) };
  });
}

function fits(type: Type, expected: TypeName): boolean {
  return type.kind === expected || type.kind === 'dyn' || expected === 'dyn';
}

function rootTypes(scope: ScopeSchemas): ReadonlyMap<string, Type> {
  return new Map(Object.entries(scope).map(([name, schema]) => [name, typeOfSchema(schema)]));
}
