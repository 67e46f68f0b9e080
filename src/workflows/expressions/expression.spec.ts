import type { Json } from '../../common/json.js';
import { ExpressionError, type ExpressionErrorCode } from './expression-error.js';
import { parseExpression } from './expression.js';

const inputs = JSON.parse(`{
  "n": 3, "price": 3.5, "city": "Wien", "list": [30, 10, 20], "mixed": [1, "a", null], "none": null,
  "days": [{ "rain": 0.2 }, { "rain": 0.9 }, { "sun": 1 }], "address": { "zip": "1010" }
}`) as Json;

function evaluate(source: string, scope: Record<string, unknown> = { inputs }): Json {
  return parseExpression(source).evaluate(scope);
}

function errorOf(source: string, scope?: Record<string, unknown>): ExpressionError {
  try {
    evaluate(source, scope);
  } catch (error) {
    if (error instanceof ExpressionError) return error;
    throw error;
  }
  throw new Error(`${source} did not fail`);
}

describe('the numbers of an expression are those of JSON', () => {
  it.each<[string, Json]>([
    ['inputs.n + 1', 4],
    ['1 + inputs.n', 4],
    ['inputs.price * 2', 7],
    ['inputs.n * 2', 6],
    ['2 - inputs.price', -1.5],
    ['inputs.list[inputs.n - 2]', 10],
    ['size(inputs.list) == inputs.n', true],
    ['size(inputs.list) >= inputs.price', false],
    ['1 == 1.0', true],
    ['inputs.n in [1, 2, 3]', true],
    ['7 / 2', 3.5],
    ['inputs.n / 2', 1.5],
    ['int(7 / 2)', 3],
    ['-7 % 3', -1],
    ['5u + 1', 6],
    ['0x10', 16],
    ['9007199254740990 + 1', 9007199254740991],
  ])('%s is %j', (source, value) => expect(evaluate(source)).toEqual(value));

  it.each<[string, ExpressionErrorCode]>([
    ['9007199254740991 + 1', 'expression-error'],
    ['9007199254740991 * 9007199254740991', 'expression-error'],
    ['int("9007199254740993")', 'expression-error'],
    ['9007199254740993', 'expression-invalid'],
    ['9223372036854775808', 'expression-invalid'],
    ['1e400', 'expression-invalid'],
    ['1e308 * 10.5', 'expression-error'],
    ['json.parse("1e400")', 'expression-error'],
    ['1 / 0', 'expression-error'],
    ['1.5 / 0.0', 'expression-error'],
    ['1 % 0', 'expression-error'],
  ])('%s fails with %s', (source, code) => expect(errorOf(source).code).toBe(code));
});

describe('results leave as JSON', () => {
  it.each<[string, Json]>([
    ['timestamp("2024-11-05T10:00:00+01:00")', '2024-11-05T09:00:00.000Z'],
    ['timestamp(0)', '1970-01-01T00:00:00.000Z'],
    ['duration("3.5s")', '3.5s'],
    ['duration("-1h30m")', '-5400s'],
    ['timestamp("2024-01-02T00:00:00Z") - timestamp("2024-01-01T00:00:00Z")', '86400s'],
    ['b"abc"', 'YWJj'],
    ['inputs.?city', 'Wien'],
    ['inputs.?nothing', null],
    ['[timestamp(0), {"a": duration("1m")}]', ['1970-01-01T00:00:00.000Z', { a: '60s' }]],
  ])('%s leaves as %j', (source, value) => expect(evaluate(source)).toEqual(value));

  it('passes on JSON without copying it', () => {
    expect(evaluate('inputs.days')).toBe((inputs as { days: Json }).days);
  });

  it.each([
    ['a class instance', new (class Session {})()],
    ['a function', () => 1],
    ['a bigint', 1n],
    ['NaN', Number.NaN],
    ['an infinity', Infinity],
    ['NUL', 'a\0b'],
    ['half of a surrogate pair', '\ud800'],
    ['a key with half of a surrogate pair', { '\udc00': 1 }],
  ])('refuses %s', (_, x) => expect(errorOf('[x]', { x }).code).toBe('expression-error'));
});

describe('no prototype is ever visible', () => {
  it.each([
    'inputs.constructor',
    'inputs.__proto__',
    'inputs["toString"]',
    '"x".constructor',
    '[].constructor',
    '(1).constructor',
  ])('%s does not exist', (source) => expect(errorOf(source).code).toBe('expression-error'));

  it.each(['has(inputs.constructor)', '"__proto__" in inputs', 'inputs.?valueOf.hasValue()'])('%s is false', (source) =>
    expect(evaluate(source)).toBe(false),
  );

  it.each(['constructor', 'toString', 'hasOwnProperty'])('the name %s is not in scope', (name) =>
    expect(errorOf(name).code).toBe('expression-unknown-name'),
  );

  it('treats such names as plain keys where the data has them', () => {
    const x = JSON.parse('{"constructor": {"name": "Ferrari"}, "__proto__": {"polluted": 1}}') as Json;
    expect(evaluate('x.constructor.name', { x })).toBe('Ferrari');
    expect(evaluate('x.__proto__.polluted', { x })).toBe(1);
  });

  it('makes maps with such keys without touching any prototype', () => {
    const made = evaluate('{"__proto__": {"polluted": true}, "t": timestamp(0)}') as Record<string, Json>;
    expect(Object.keys(made)).toEqual(['__proto__', 't']);
    expect(Object.getPrototypeOf(made)).toBe(Object.prototype);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });
});

describe('the language', () => {
  it.each<[string, Json]>([
    ['inputs.days.filter(d, d.?rain.orValue(0) > 0.5)', [{ rain: 0.9 }]],
    ['inputs.list.map(x, x > 10, x * 2)', [60, 40]],
    ['inputs.address.map(key, key)', ['zip']],
    ['inputs.list.all(x, x >= 10)', true],
    ['inputs.list.exists_one(x, x == 10)', true],
    [
      '[1, 2].map(x, [3, 4].map(y, x * y))',
      [
        [3, 4],
        [6, 8],
      ],
    ],
    [
      '[1, 2].map(x, [x].map(x, x + 1) + [x])',
      [
        [2, 1],
        [3, 2],
      ],
    ],
    ['cel.bind(x, inputs.n * 2, x * x)', 36],
    ['inputs.?address.zip.orValue("?")', '1010'],
    ['inputs.?nothing.deeper.orValue("?")', '?'],
    ['inputs.?nothing.or(inputs.?city).orValue("?")', 'Wien'],
    ['inputs.?n.orValue(1 / 0)', 3],
    ['has(inputs.none)', true],
    ['inputs.none == null', true],
    ['inputs.city == 3', false],
    ['{"a": [1, {"b": 2}]} == {"a": [1.0, {"b": 2}]}', true],
    ['true ? 1 : "one"', 1],
    ['"zip" in inputs.address', true],
    ['"b" < "c" && !(true && false)', true],
    ['{"a": 1, 2: "b"}', { a: 1, '2': 'b' }],
    ['r"\\d" + """a"b"""', '\\da"b'],
  ])('%s is %j', (source, value) => expect(evaluate(source)).toEqual(value));

  it.each<[string, Json]>([
    ['inputs.nothing || true', true],
    ['false && inputs.nothing', false],
    ['inputs.days.exists(d, d.rain > 0.5)', true],
    ['inputs.days.all(d, d.rain < 0.5)', false],
  ])('%s does not fail, for what fails does not matter', (source, value) => expect(evaluate(source)).toBe(value));

  it.each<[string, string]>([
    ['inputs.cty', 'There is no field "cty" (in `inputs.cty`)'],
    ['1 + inputs.list[9]', 'The index lies outside the list (in `inputs.list[9]`)'],
    ['inputs.list[1.5]', 'The index lies outside the list (in `inputs.list[1.5]`)'],
    ['inputs.city + 1', 'Cannot add string and number; string(x) makes a string of anything (in `inputs.city + 1`)'],
    ['inputs.city ? 1 : 2', 'The condition of ?: must be bool, not string (in `inputs.city`)'],
    ['inputs.city.split(1)', 'split: "separator" must be string, not number (in `inputs.city.split(1)`)'],
    ['inputs.nothing || false', 'There is no field "nothing" (in `inputs.nothing || false`)'],
    ['inputs.days.exists(d, d.rain > 5)', 'There is no field "rain" (in `d.rain`)'],
    ['inputs.n.map(x, x)', 'Only a list or a map can be gone through, not number (in `inputs.n.map(x, x)`)'],
  ])('%s says: %s', (source, message) => expect(errorOf(source).message).toBe(message));

  it.each<[string, string]>([
    ['1 +', 'Unexpected token: EOF'],
    ['frobnicate(1)', 'There is no function "frobnicate"'],
    ['"a".split()', '"split" is called as text.split(separator, limit?)'],
    ['split("a", "b")', '"split" is called as text.split(separator, limit?)'],
    ['has(inputs.n, 1)', 'has() takes a field, such as has(inputs.city)'],
    ['has()', 'has() takes a field, such as has(inputs.city)'],
    ['has(inputs)', 'has() takes a field, such as has(inputs.city)'],
    ['now()', 'There is no function "now"'],
  ])('%s is invalid: %s', (source, reason) => {
    expect(errorOf(source)).toMatchObject({ code: 'expression-invalid', expression: source });
    expect(errorOf(source).message).toContain(reason);
  });

  it('knows the free names, not the bound ones', () => {
    const { roots } = parseExpression('inputs.a.map(x, x + y) + cel.bind(z, w, [z]) + [json.encode(x)]');
    expect([...roots]).toEqual(['inputs', 'y', 'w', 'x']);
  });

  it('parses a source only once', () => expect(parseExpression('1 + 2 + 3')).toBe(parseExpression('1 + 2 + 3')));

  it('tells where in the source the fault is', () => {
    expect(errorOf('inputs.n + inputs.cty').range).toEqual({ start: 11, end: 21 });
    expect(errorOf('1 - -inputs.city').range).toEqual({ start: 4, end: 16 });
  });
});

it.each([
  'int(s)',
  'double(s)',
  'json.parse(s)',
  'timestamp(s)',
  'duration(s)',
  'bool(s)',
  '"x".matches(s)',
  '{}[s]',
  's[0]',
  's + 1',
])('the error of %s does not show the value, which may be a secret', (source) => {
  const error = errorOf(source, { s: '(hunter2' });
  expect(error.code).toBe('expression-error');
  expect(`${error.stack} ${JSON.stringify(error)}`).not.toContain('hunter2');
});
