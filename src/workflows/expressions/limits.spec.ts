import { ExpressionError } from './expression-error.js';
import { parseExpression } from './expression.js';
import { parseTemplate } from './template.js';

const million = Array.from({ length: 1_000_000 }, (_, index) => index);
const list = million.slice(0, 100_000);
const scope = {
  million,
  list,
  longList: million.slice(0, 200_000),
  maps: list.map((i) => ({ i })),
  text: 'x'.repeat(1_000_000),
  slashes: '\\a'.repeat(20_000),
  longClass: `[${'x'.repeat(500_000)}]`,
  digits: '1'.repeat(40_000),
  words: 'ab'.repeat(40_000),
  nested: nestedList(300),
  deep: nestedList(100_000),
  asDeep: nestedList(100_000),
};

function nestedList(depth: number): unknown {
  return JSON.parse('['.repeat(depth) + ']'.repeat(depth));
}

/** Twenty times what is promised, so that a slow or busy machine does not fail; without the guards these take minutes. */
const MAX_CPU_MS = 2_000;

function codeAndCost(action: () => unknown): { code: string; cheap: boolean } {
  const before = process.cpuUsage();
  let code = 'none';
  try {
    action();
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    code = error.code;
  }
  const { user, system } = process.cpuUsage(before);
  return { code, cheap: (user + system) / 1000 < MAX_CPU_MS };
}

const tooCostly = { code: 'expression-too-costly', cheap: true };

function doubled(rounds: number, of: string, join: (name: string) => string): string {
  let source = 'v0';
  for (let i = rounds; i > 0; i--)
    source = `cel.bind(v${i - 1}, ${i === 1 ? of : join(`v${i - 2}`)}, ${i === rounds ? `v${i - 1}` : source})`;
  return source;
}

it.each([
  ['nested comprehensions', 'million.map(x, million.map(y, x * y))'],
  ['a comprehension that finds nothing', 'million.all(x, million.all(y, x + y >= 0))'],
  ['many failures that are absorbed', 'list.exists(x, x.nothing)'],
  ['a text that would be absorbed if it could', 'text + text == "" || true'],
  ['a bomb whose failure could be absorbed', 'million.all(x, million.all(y, x + y >= 0)) || true'],
  ['a bomb inside of exists', '[1, 2].exists(x, x == 2 || million.all(y, million.all(z, y + z >= 0)))'],
  ['text that doubles', doubled(40, '"0123456789"', (name) => `${name} + ${name}`)],
  ['lists that double', doubled(40, '[1, 2, 3]', (name) => `${name} + ${name}`)],
  ['shared lists inside each other', doubled(40, '[1]', (name) => `[${name}, ${name}]`)],
  [
    'equality of shared lists',
    `[${doubled(25, '[1]', (name) => `[${name}, ${name}]`)}].all(a, a == ${doubled(25, '[1]', (name) => `[${name}, ${name}]`)})`,
  ],
  ['text of shared lists', `string(${doubled(40, '[1]', (name) => `[${name}, ${name}]`)})`],
  ['flatten of shared lists', `${doubled(40, '[1]', (name) => `[${name}, ${name}]`)}.flatten(100)`],
  ['joining two long texts', '[text, text].join("").size()'],
  ['joining long texts', 'list.map(x, text).join(",")'],
  ['adding to long texts', 'list.map(x, text + string(x))'],
  ['replacing every character', 'text.replace("x", "0123456789")'],
  ['splitting into characters', 'text.split("")'],
  ['splitting at every character', 'text.split("x")'],
  ['comparing long texts', 'list.all(x, text == "" + text)'],
  ['searching long texts', 'list.all(x, !text.contains("xy"))'],
  ['formatting long texts', '"%s%s".format([text, text])'],
  ['distinct maps', 'maps.distinct()'],
  ['sorting too much', 'list.all(x, size(list.sort()) > 0)'],
  ['encoding again and again', 'list.map(x, json.encode(list))'],
  ['hashing again and again', 'list.all(x, hash.sha256(text) != "")'],
  ['looking up again and again', 'list.all(x, x in list)'],
  ['a long list', 'list + list'],
  ['a long list of a comprehension', 'longList.map(x, x).size()'],
  ['a result over 1 MB', '[text, text]'],
  ['a result that is nested too deep', 'nested'],
  ['encoding what is nested too deep', 'json.encode(nested) == ""'],
  ['comparing what is nested deeper than the stack', 'deep == asDeep'],
  ['a pattern for every item', 'list.all(x, ("x|" + string(x)).matches("b|" + string(x)))'],
  ['a pattern on a long text', 'text.matches("(x+x+)+y")'],
  ['a pattern that explodes', 'words.matches("(?:a|b)*a(?:a|b){60}c|z$")'],
  ['a pattern as long as a text', '"x".matches(text)'],
  ['a pattern of one long class', '"x".matches(longClass)'],
  ['a pattern with an endless count', '"x".matches("a{" + digits)'],
  ['a pattern that repeats', '"x".matches("((abcdefghij){30}){30}")'],
])('%s: too costly', (_, source) => {
  expect(codeAndCost(() => parseExpression(source).evaluate(scope))).toEqual(tooCostly);
});

it.each([
  ['a long source', `"${'x'.repeat(10_000)}"`],
  ['many nodes', `[${'1,'.repeat(999)}1].size() > 0`],
  ['a long chain', `1${'+1'.repeat(300)}`],
  ['deep brackets', '('.repeat(100) + '1' + ')'.repeat(100)],
  ['deep lists', '['.repeat(4_000) + ']'.repeat(4_000)],
  ['many signs', `${'!'.repeat(9_000)}true`],
  ['deep selection', `a${'.a'.repeat(1_000)}`],
  ['deep conditions', `${'true?'.repeat(500)}1${':1'.repeat(500)}`],
  ['five comprehensions inside each other', '[1].map(a,[1].map(b,[1].map(c,[1].map(d,[1].map(e,e)))))'],
])('%s is not even parsed', (_, source) => {
  expect(codeAndCost(() => parseExpression(source))).toEqual(tooCostly);
});

it('all expressions of a template share one budget', () => {
  const one = '${size(list.filter(x, x > 5 && x < 9))}';
  expect(codeAndCost(() => parseTemplate(one).evaluate(scope)).code).toBe('none');
  expect(codeAndCost(() => parseTemplate(Array(50).fill(one)).evaluate(scope))).toEqual(tooCostly);
});

it('all results of a template share one megabyte', () => {
  expect(codeAndCost(() => parseTemplate('${text}').evaluate(scope)).code).toBe('none');
  expect(codeAndCost(() => parseTemplate({ a: '${text}', b: 'and ${text}' }).evaluate(scope))).toEqual(tooCostly);
});

it('a template that is nested too deep is refused', () => {
  const deep = JSON.parse('['.repeat(5_000) + '"${a}"' + ']'.repeat(5_000)) as never;
  expect(codeAndCost(() => parseTemplate(deep))).toEqual(tooCostly);
});

it('a pattern that never closes its class is refused at once', () => {
  const refused = { code: 'expression-error', cheap: true };
  expect(codeAndCost(() => parseExpression('"x".matches("[" + slashes)').evaluate(scope))).toEqual(refused);
});

it('what is reasonable is not refused', () => {
  const value = parseExpression('maps.filter(m, m.i % 1000 == 0).map(m, {"id": string(m.i)})').evaluate(scope);
  expect(value).toHaveLength(100);
});
