import type { Json } from '../../../common/json.js';
import { parseExpression } from '../expression.js';
import { expressionFunctions, reservedNames } from './catalogue.js';

const evaluate = (source: string): Json => parseExpression(source).evaluate({});

it.each<[string, Json]>([
  ['"a,b,c".split(",")', ['a', 'b', 'c']],
  ['"a,b,c".split(",", 2)', ['a', 'b,c']],
  ['"a,b".split(",", 0)', []],
  ['"x😀".split("")', ['x', '😀']],
  ['["a", 1, true, {"k": null}].join("-")', 'a-1-true-{"k":null}'],
  ['[].join(",")', ''],
  ['"banana".replace("a", "o")', 'bonono'],
  ['"banana".replace("a", "o", 2)', 'bonona'],
  ['"a.b".replace(".", "$&")', 'a$&b'],
  ['"  x ".trim()', 'x'],
  ['"ÄBC".lowerAscii()', 'Äbc'],
  ['"äbc".upperAscii()', 'äBC'],
  ['"a😀b".substring(1, 2)', '😀'],
  ['"a😀b".indexOf("b")', 2],
  ['"abab".indexOf("a", 1)', 2],
  ['"abab".lastIndexOf("a")', 2],
  ['"a😀b".charAt(1)', '😀'],
  ['size("a😀b")', 3],
  ['"%s: %d, %.2f, %x, %b, 100%%".format(["n", 3, 2.5, 255, 5])', 'n: 3, 2.50, ff, 101, 100%'],
  ['"2024-11-05".matches("^\\\\d{4}-\\\\d\\\\d")', true],
  ['matches("abc", "^b")', false],
  ['abs(-3)', 3],
  ['math.abs(-3.5)', 3.5],
  ['[round(2.5), round(-2.5), round(1.005, 2), round(7)]', [3, -3, 1.01, 7]],
  ['[math.ceil(1.2), math.floor(-1.2), math.round(0.4)]', [2, -2, 0]],
  ['[min(3, 1, 2), max([3, 1]), math.least(2, 1), math.greatest(1, 2)]', [1, 3, 1, 2]],
  ['sum([1, 2.5]) + [1].sum() + sum([])', 4.5],
  ['sort([3, 1, 20])', [1, 3, 20]],
  ['["b", "a"].sort()', ['a', 'b']],
  ['distinct([1, "1", 1.0, {"a": 1}, {"a": 1}, null, null])', [1, '1', { a: 1 }, null]],
  ['[1, [2, [3]]].flatten()', [1, 2, [3]]],
  ['flatten([1, [2, [3]]], 2)', [1, 2, 3]],
  ['[first([1, 2]), [1, 2].last(), first([])]', [1, 2, null]],
  ['json.parse("{\\"a\\": [1]}").a', [1]],
  ['json.encode({"a": [1, timestamp(0)]})', '{"a":[1,"1970-01-01T00:00:00.000Z"]}'],
  ['base64.encode("é")', 'w6k='],
  ['base64.decode("w6k")', 'é'],
  ['hash.sha256("")', 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'],
  ['date.parse("2024-11-05")', '2024-11-05T00:00:00.000Z'],
  ['date.parse("2024-11-05 10:00")', '2024-11-05T10:00:00.000Z'],
  ['date.parse("Tue, 05 Nov 2024 10:00:00 +0100")', '2024-11-05T09:00:00.000Z'],
  [
    'date.format("2024-11-05T23:04:05Z", "EEE d MMMM yyyy, HH:mm:ss XXX", "Europe/Paris")',
    'Wed 6 November 2024, 00:04:05 +01:00',
  ],
  ['date.format(timestamp(0), "yyyy-MM-dd\'T\'h a")', '1970-01-01T12 AM'],
  ['date.add("2024-01-31T10:00:00Z", 1, "month")', '2024-02-29T10:00:00.000Z'],
  ['date.add("2024-02-29", -1, "years")', '2023-02-28T00:00:00.000Z'],
  ['date.add("2024-01-01", 1.5, "hours")', '2024-01-01T01:30:00.000Z'],
  ['timestamp("2024-03-10T12:00:00Z").getHours("America/New_York")', 8],
  ['timestamp("2024-12-31T00:00:00Z").getDayOfYear()', 365],
  ['timestamp("2024-11-05T00:00:00Z").getDayOfWeek()', 2],
  ['duration("90m").getHours()', 1],
  ['duration("1h") > duration("59m")', true],
  ['[int(" 1".trim()), int(-1.9), int(timestamp(5)), double("1e3"), uint(3)]', [1, -1, 5, 1000, 3]],
  ['[string(1.5), string(true), string([1]), string(b"a")]', ['1.5', 'true', '[1]', 'a']],
  ['[bool("true"), bool("0")]', [true, false]],
  ['[optional.of(1).hasValue(), optional.none().hasValue(), optional.of(2).value()]', [true, false, 2]],
  ['[size([1]), {"a": 1}.size(), b"ab".size()]', [1, 1, 2]],
])('%s is %j', (source, value) => expect(evaluate(source)).toEqual(value));

it.each([
  '"abc".substring(2, 1)',
  '"abc".substring(4)',
  '"abc".charAt(-1)',
  '"abc".charAt(0.5)',
  '"a".replace("", "b")',
  '"%d".format([1.5])',
  '"%d".format([])',
  '"%.30f".format([1])',
  '"%q".format([1])',
  '"x".matches("(?<=a)b")',
  '"x".matches("\\\\Qa")',
  '"x".matches("(a)\\\\1")',
  'min([])',
  'sum([1, "2"])',
  'sort([1, "2"])',
  'json.parse("{")',
  'base64.decode("*")',
  'base64.decode("/w==")',
  'int("0x10")',
  'int("1.5")',
  'double("")',
  'double("Infinity")',
  'uint(-1)',
  'timestamp("yesterday")',
  'timestamp("2024-13-01T00:00:00Z")',
  'timestamp(1e15)',
  'date.format("2024-01-01", "yyyy-QQ")',
  'date.format("2024-01-01", "yyyy", "Mars/Base")',
  'date.add("2024-01-01", 1, "fortnights")',
  'duration("1")',
  'duration("1y")',
  'optional.none().value()',
])('%s fails', (source) => {
  expect(() => evaluate(source)).toThrow(expect.objectContaining({ code: 'expression-error' }));
});

it('every function is documented once', () => {
  const names = expressionFunctions.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  for (const { usage, description } of expressionFunctions) {
    expect(usage).toMatch(/\(.*\)/);
    expect(description).toMatch(/[.`]$/);
  }
});

it('reserves the names that lead functions', () => {
  expect([...reservedNames].sort()).toEqual(['base64', 'cel', 'date', 'hash', 'json', 'math', 'optional']);
});
