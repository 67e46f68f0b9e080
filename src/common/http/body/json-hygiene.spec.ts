import { findJsonFault, findTextFault } from './json-hygiene.js';

function nested(depth: number): unknown {
  return depth === 0 ? 1 : [nested(depth - 1)];
}

describe('findJsonFault', () => {
  it.each<[string, unknown]>([
    ['an empty object', {}],
    ['64 levels', nested(64)],
    ['keys that are only names here', { constructor: 1, prototype: {}, toString: null, hasOwnProperty: [] }],
    ['emoji, which are whole surrogate pairs', { text: '😀' }],
    ['the largest float', 1.7976931348623157e308],
  ])('accepts %s', (_what, value) => {
    expect(findJsonFault(value)).toBeUndefined();
  });

  it.each<[string, unknown, string, string]>([
    ['65 levels', nested(65), 'json-too-deep', '/0'.repeat(64)],
    ['NUL in a value', { a: ['x', 'y\0'] }, 'nul-character', '/a/1'],
    ['NUL in a key', { 'a\0': 1 }, 'nul-character', '/a\0'],
    ['a lone high surrogate', { a: '\ud83d' }, 'lone-surrogate', '/a'],
    ['a lone low surrogate in a key', { 'x\ude00': 1 }, 'lone-surrogate', '/x\ude00'],
    [
      '__proto__ at any depth',
      JSON.parse('{"a":[{"__proto__":{"admin":true}}]}'),
      'json-forbidden-key',
      '/a/0/__proto__',
    ],
    ['1e400', JSON.parse('{"n":1e400}'), 'json-number-too-large', '/n'],
    ['-1e400', JSON.parse('[-1e400]'), 'json-number-too-large', '/0'],
    ['a fault below keys that need escaping', { 'a/b': { 'c~d': '\0' } }, 'nul-character', '/a~1b/c~0d'],
  ])('finds %s', (_what, value, code, pointer) => {
    expect(findJsonFault(value)).toMatchObject({ code, pointer });
  });

  it('says the limit where there is one', () => {
    expect(findJsonFault(nested(65))?.message).toContain('64');
  });
});

describe('findTextFault', () => {
  it('is the same rule for texts that come another way', () => {
    expect(findTextFault('ok')).toBeUndefined();
    expect(findTextFault('\0')?.code).toBe('nul-character');
  });
});
