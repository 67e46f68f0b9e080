import { reservedNames as functionFamilies } from '../expressions/functions/catalogue.js';

/** What node ids, loop variables and the branches of a `parallel` can be called. */
export const namePattern = '^[a-z][a-z0-9_]{0,62}$';

/** The same in words. */
export const nameRule = 'lower-case letters, digits and _, beginning with a letter, at most 63 characters';

/** Names with a meaning of their own at some place of a spec. `secrets` exists only where tools are called. */
const roots = ['inputs', 'trigger', 'run', 'secrets', 'error'];

/** Words of CEL, none of which can be a name (cel-spec, "Syntax"). */
const keywords = [
  ...['true', 'false', 'null', 'in', 'as', 'break', 'const', 'continue', 'else', 'for', 'function', 'if', 'import'],
  ...['let', 'loop', 'package', 'namespace', 'return', 'var', 'void', 'while'],
];

const reserved: ReadonlySet<string> = new Set([...roots, ...keywords, ...functionFamilies]);

/** Whether neither a node nor a loop variable may have the name: an expression could not refer to it. */
export function isReservedName(name: string): boolean {
  return reserved.has(name);
}
