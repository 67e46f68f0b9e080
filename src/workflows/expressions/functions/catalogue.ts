import { conversionFunctions } from './conversions.js';
import { dateFunctions } from './dates.js';
import type { ExpressionFunction, FunctionDefinition } from './define-function.js';
import { encodingFunctions } from './encodings.js';
import { listFunctions } from './lists.js';
import { macros } from './macros.js';
import { numberFunctions } from './numbers.js';
import { stringFunctions } from './strings.js';

/** Every function of expressions. To add one, add it to the list of its family. */
const definitions: readonly FunctionDefinition[] = [
  ...stringFunctions,
  ...numberFunctions,
  ...listFunctions,
  ...encodingFunctions,
  ...dateFunctions,
  ...conversionFunctions,
];

const byName = new Map(definitions.map((definition) => [definition.name, definition]));
const namespaces = new Set(['cel', ...definitions.flatMap(({ name }) => name.split('.').slice(0, -1))]);

export function findFunction(name: string): FunctionDefinition | undefined {
  return byName.get(name);
}

/** Names that lead a function, as `json` in `json.parse`. A node or loop variable must not be called like one. */
export const reservedNames: ReadonlySet<string> = namespaces;

/** What an expression can call, for documentation and catalogues. */
export const expressionFunctions: readonly ExpressionFunction[] = [
  ...macros,
  ...definitions.map(({ name, usage, description }) => ({ name, usage, description })),
];
