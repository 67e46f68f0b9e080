import type { Json } from '../../common/json.js';
import { ExpressionError } from './expression-error.js';
import { parseTemplate } from './template.js';

const scope = { inputs: { n: 3, city: 'Wien', list: [1, 2], none: null, at: { a: 'b' } } };
const evaluate = (value: Json): Json => parseTemplate(value).evaluate(scope);

it.each<[Json, Json]>([
  ['${inputs.n}', 3],
  ['${inputs.list}', [1, 2]],
  ['${inputs.none}', null],
  [' ${inputs.n}', ' 3'],
  ['${inputs.n}${inputs.n}', '33'],
  ['q=${inputs.city}&n=${inputs.n}', 'q=Wien&n=3'],
  ['${inputs.list} ${inputs.at} ${inputs.none} ${timestamp(0)}', '[1,2] {"a":"b"} null 1970-01-01T00:00:00.000Z'],
  ['$${inputs.n}', '${inputs.n}'],
  ['a $${x} ${inputs.n} $$ $5 }', 'a ${x} 3 $$ $5 }'],
  ['$$${inputs.n}', '$${inputs.n}'],
  ['${{"a": {"b": inputs.n}}}', { a: { b: 3 } }],
  ['${ {"}": 1}["}"] }', 1],
  ['${\'}\' + "{"}', '}{'],
  ['${"\\"}" + \'\\\'}\'}', '"}\'}'],
  ['${r"\\}" + R\'}\'}', '\\}}'],
  ['${"""a"}"b""" + \'\'\'c\'}\'\'\'}', 'a"}"bc\'}'],
  ['${inputs.n // not here: }\n + 1}', 4],
  ['${"${x}"}', '${x}'],
  [
    { a: ['${inputs.n}', 1, true, null], '${b}': 'c' },
    { a: [3, 1, true, null], '${b}': 'c' },
  ],
  [7, 7],
  ['', ''],
])('%j becomes %j', (value, result) => expect(evaluate(value)).toEqual(result));

it.each(['${', 'a ${inputs.n', '${"}', "${'''}'}", '${{}', '${inputs.n // }', '${}', '${ }', '${1 +}'])(
  '%j is invalid',
  (value) => {
    expect(() => parseTemplate(value)).toThrow(ExpressionError);
    expect(() => parseTemplate(value)).toThrow(expect.objectContaining({ code: 'expression-invalid' }));
  },
);

it('lists its expressions with the pointers of their strings', () => {
  const template = parseTemplate({ 'a/b': ['x', '${inputs.n + y}'], 'm~n': '${z} and ${inputs.n}' });
  expect(template.expressions).toEqual([
    { source: 'inputs.n + y', pointer: '/a~1b/1' },
    { source: 'z', pointer: '/m~0n' },
    { source: 'inputs.n', pointer: '/m~0n' },
  ]);
  expect([...template.roots]).toEqual(['inputs', 'y', 'z']);
  expect(template.isConstant).toBe(false);
});

it('is constant without expressions', () => {
  expect(parseTemplate({ a: 'b $${c}' }).isConstant).toBe(true);
});

it('keeps a key "__proto__" a key', () => {
  const filled = evaluate(JSON.parse('{"__proto__": {"polluted": "${inputs.n}"}}') as Json) as object;
  expect(Object.keys(filled)).toEqual(['__proto__']);
  expect('polluted' in {}).toBe(false);
  expect(Object.getPrototypeOf(filled)).toBe(Object.prototype);
});
