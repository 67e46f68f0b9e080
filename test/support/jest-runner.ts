import { createRequire, registerHooks } from 'node:module';
import { pathToFileURL } from 'node:url';

type Circus = (...args: [unknown, unknown, unknown, Runtime, string, unknown]) => Promise<unknown>;

/** What we use of Jest's loader of modules. */
interface Runtime {
  unstable_shouldLoadAsEsm(path: string): boolean;
  unstable_importModule(path: string): Promise<unknown>;
  requireInternalModule(path: string): unknown;
  requireModuleOrMock(from: string, module: string): object;
}

const require = createRequire(import.meta.url);
const circus = require('jest-circus/runner') as { default: Circus };

/** What a file imports from `@jest/globals`: a module for each importer, because each file has a `jest` of its own. */
const globals = Symbol.for('seer.jest-globals');
/** Loaded anew whoever imports them: what they say, they say when they are loaded, and one may say it again for another. */
const testFile = /\.(e2e-|chaos-)?spec\.js$/;
let loads = 0;
registerHooks({
  resolve: (specifier, context, next) => {
    if (specifier === '@jest/globals') {
      return { url: `seer-jest-globals:${context.parentURL}`, format: 'module', shortCircuit: true };
    }
    const found = next(specifier, context);
    return testFile.test(found.url) ? { ...found, url: `${found.url}?load=${++loads}` } : found;
  },
  load: (url, context, next) =>
    url.startsWith('seer-jest-globals:')
      ? {
          source: `export const { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest, test } =
                     globalThis[Symbol.for('seer.jest-globals')];`,
          format: 'module',
          shortCircuit: true,
        }
      : next(url, context),
});

/** What Circus keeps in the global scope: tests, listeners, and what a file wished for with `jest.setTimeout` and its like. */
const stateOfFile = /^(JEST_STATE_SYMBOL|EVENT_HANDLERS|TEST_TIMEOUT_SYMBOL|(LOG_ERRORS|WAIT)_BEFORE_RETRY|RETRY_.*)$/;

/**
 * Jest's own runner of a test file, but Node loads the modules: they are loaded once for a worker, not once for each
 * file of it. Without this, half of the suite's time went into loading. So modules keep their state from one file to the
 * next, as they do from one request to the next, and there is no `jest.mock`.
 */
export default async function runTestFile(...args: Parameters<Circus>): Promise<unknown> {
  const [, , , runtime] = args;
  runtime.unstable_shouldLoadAsEsm = () => true;
  runtime.unstable_importModule = (path) => {
    Object.assign(globalThis, { [globals]: runtime.requireModuleOrMock(path, '@jest/globals') });
    return import(pathToFileURL(path).href);
  };
  // Circus is loaded anew: each file begins without what the one before has left.
  runtime.requireInternalModule = (path) => {
    delete require.cache[path];
    return require(path);
  };
  try {
    return await circus.default(...args);
  } finally {
    for (const symbol of Object.getOwnPropertySymbols(globalThis)) {
      if (stateOfFile.test(symbol.description ?? '')) Reflect.deleteProperty(globalThis, symbol);
    }
  }
}
