import { checkExpression, type ScopeSchemas } from './check-expression.js';
import { checkTemplate } from './check-template.js';
import type { TypeName } from './types.js';

const scope: ScopeSchemas = {
  inputs: {
    type: 'object',
    properties: {
      city: { type: 'string' },
      days: { type: 'integer' },
      tags: { type: 'array', items: { type: 'string' } },
      address: { type: 'object', properties: { zip: { type: 'string' } } },
      headers: { type: 'object', additionalProperties: { type: 'string' } },
      open: { type: 'object', properties: { a: { type: 'number' } }, additionalProperties: true },
      closed: { type: 'object', additionalProperties: false },
      maybe: { type: ['string', 'null'] },
      either: { oneOf: [{ type: 'string' }, { type: 'number' }] },
      item: { $ref: '#/$defs/item' },
    },
  },
  forecast: true,
  anything: {},
};

it.each<[string, string]>([
  ['inputs.days + 1', 'number'],
  ['inputs.tags', 'list<string>'],
  ['inputs.tags.map(t, size(t))', 'list<number>'],
  ['inputs.tags.filter(t, t != "")[0].trim()', 'string'],
  ['inputs.address.zip', 'string'],
  ['inputs["city"]', 'string'],
  ['inputs.headers.accept', 'string'],
  ['inputs.open.a', 'number'],
  ['inputs.open.b', 'dyn'],
  ['inputs.maybe', 'dyn'],
  ['inputs.maybe + 1', 'dyn'],
  ['inputs.either.x', 'dyn'],
  ['inputs.item.x.y', 'dyn'],
  ['forecast.body.days[0]', 'dyn'],
  ['anything.x > 3', 'bool'],
  ['inputs.?unheard', 'optional<dyn>'],
  ['inputs.?city.orValue("x")', 'string'],
  ['has(inputs.unheard)', 'bool'],
  ['inputs.days > 1 ? "a" : null', 'dyn'],
  ['inputs.maybe == null && inputs.city != null', 'bool'],
  ['timestamp(0) + duration("1s")', 'timestamp'],
  ['first(inputs.tags)', 'string'],
  ['max(inputs.days, 3)', 'number'],
  ['{"a": inputs.tags}.a', 'list<string>'],
  ['cel.bind(t, inputs.tags, t.join(","))', 'string'],
  ['[1] + ["a"]', 'list'],
  ['inputs.map(key, key)', 'list<string>'],
])('%s has the type %s', (source, type) => expect(checkExpression(source, scope)).toEqual({ type }));

it.each<[string, string]>([
  ['inputs.cty', 'There is no field "cty"; there are: city, days, tags'],
  ['inputs.address.zp', 'There is no field "zp"; there are: zip'],
  ['inputs.tags.map(t, inputs.cty)', 'There is no field "cty"'],
  ['inputs.closed.a', 'There is no field "a"'],
  ['inputs.city.length', 'A string has no fields'],
  ['inputs.tags["a"]', 'An index of a list must be number, not string'],
  ['inputs.city + 1', 'string + number does not exist; string(x) makes a string'],
  ['inputs.days == "3"', 'number == string does not exist: they are never equal'],
  ['inputs.city > 3', 'string > number does not exist'],
  ['inputs.city in 3', 'string in number does not exist'],
  ['inputs.days && true', 'An operand of && must be bool, not number'],
  ['!inputs.city', 'The operand of ! must be bool, not string'],
  ['-inputs.city', 'Cannot negate string'],
  ['inputs.city ? 1 : 2', 'The condition of ?: must be bool, not string'],
  ['inputs.tags.filter(t, t)', 'The condition of filter must be bool, not string'],
  ['inputs.days.map(d, d)', 'Only a list or a map can be gone through, not number'],
  ['inputs.days.trim()', 'trim: "text" must be string, not number'],
  ['inputs.city.orValue(1)', 'The receiver of or() and orValue() must be optional, not string'],
])('%s fails: %s', (source, reason) => {
  const error = expect.objectContaining({
    code: 'expression-type',
    message: expect.stringContaining(reason) as string,
  });
  expect(() => checkExpression(source, scope)).toThrow(error);
});

it('names what is in scope when a name is not', () => {
  expect(() => checkExpression('forcast.body', scope)).toThrow(
    expect.objectContaining({
      code: 'expression-unknown-name',
      message: '"forcast" is not in scope here; in scope: inputs, forecast, anything (in `forcast`)',
    }),
  );
});

it('does not take inherited names for roots', () => {
  expect(() => checkExpression('constructor', scope)).toThrow(
    expect.objectContaining({ code: 'expression-unknown-name' }),
  );
});

it.each<[string, TypeName, boolean]>([
  ['inputs.days > 3', 'bool', true],
  ['inputs.days', 'bool', false],
  ['inputs.tags', 'list', true],
  ['inputs.city', 'list', false],
  ['forecast.ok', 'bool', true],
])('%s where %s is expected: %s', (source, expected, fits) => {
  const check = (): unknown => checkExpression(source, scope, expected);
  if (fits) expect(check).not.toThrow();
  else expect(check).toThrow(expect.objectContaining({ code: 'expression-type' }));
});

it('takes no longer for a long chain of alternatives', () => {
  const chain = `inputs.?city${'.or(inputs.?city)'.repeat(50)}`;
  expect(checkExpression(chain, scope).type).toBe('optional<string>');
});

it('a check leaves no trace in the evaluation', () => {
  const loose: ScopeSchemas = { x: true };
  expect(checkExpression('x + 1', { x: { type: 'number' } }).type).toBe('number');
  expect(checkExpression('x + 1', loose).type).toBe('dyn');
});

describe('checkTemplate', () => {
  it('collects every error with its pointer', () => {
    const value = { url: 'a ${inputs.cty} ${nope}', to: ['${inputs.city}', '${1 +}'], text: '${open' };
    const found = checkTemplate(value, scope).errors.map(({ pointer, error }) => [pointer, error.code]);
    expect(found).toEqual([
      ['/url', 'expression-type'],
      ['/url', 'expression-unknown-name'],
      ['/to/1', 'expression-invalid'],
      ['/text', 'expression-invalid'],
    ]);
  });

  it.each<[string, string]>([
    ['${inputs.tags}', 'list<string>'],
    ['${inputs.days} days', 'string'],
    ['${inputs.nope}', 'dyn'],
    ['plain', 'string'],
  ])('knows the type of %j: %s', (value, type) => expect(checkTemplate(value, scope).type).toBe(type));
});
