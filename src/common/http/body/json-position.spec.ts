import fc from 'fast-check';
import { positionOfJsonError } from './json-position.js';

describe('positionOfJsonError', () => {
  it.each<[string, string, number, number]>([
    ['a missing value', '{"a":}', 1, 6],
    ['a trailing comma in an object', '{\n  "a": 1,\n}', 3, 1],
    ['a trailing comma in an array', '[1,2,]', 1, 6],
    ['single quotes', "{'a':1}", 1, 2],
    ['a text that breaks off', '{"a": [1', 1, 9],
    ['an open string', '{"a": "x', 1, 7],
    ['something after the end', '{} {}', 1, 4],
    ['the wrong bracket', '[1}', 1, 3],
    ['a comma at the top', '1,2', 1, 2],
    ['a key that is no string', '{1:2}', 1, 2],
    ['a missing colon', '{"a" 1}', 1, 6],
    ['NaN', '[NaN]', 1, 2],
    ['a leading zero', '[01]', 1, 3],
    ['an unknown escape', '["\\x"]', 1, 2],
    ['nothing but white space', ' \n ', 2, 2],
  ])('finds %s', (_what, text, line, column) => {
    expect(() => JSON.parse(text) as unknown).toThrow();
    expect(positionOfJsonError(text)).toEqual({ line, column });
  });

  it('reads all of a valid text before it complains', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        expect(positionOfJsonError(`${text} ?`)).toEqual({ line: 1, column: text.length + 2 });
      }),
    );
  });

  it('takes a long string without trouble', () => {
    expect(positionOfJsonError(`["${'x'.repeat(1_000_000)}" 1]`)).toEqual({ line: 1, column: 1_000_005 });
  });
});
