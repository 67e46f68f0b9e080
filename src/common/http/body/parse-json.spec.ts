import { type DomainError } from '../../errors.js';
import { parseJson } from './parse-json.js';

function refusal(body: string | Buffer): DomainError {
  try {
    parseJson(Buffer.from(body as string));
  } catch (error) {
    return error as DomainError;
  }
  throw new Error(`accepted: ${body.toString()}`);
}

describe('parseJson', () => {
  it('gives back what was sent, whatever its keys and numbers', () => {
    const text =
      '{"constructor":{"prototype":[]},"n":9007199254740991,"big":9007199254740992,"text":"12345678901234567890"}';
    expect(JSON.stringify(parseJson(Buffer.from(text)))).toBe(text);
  });

  it('says where a body stops being JSON', () => {
    expect(refusal('{\n  "a": 1,\n}')).toMatchObject({ code: 'json-malformed', kind: 'malformed' });
    expect(refusal('{\n  "a": 1,\n}').message).toContain('line 3, column 1');
  });

  it.each(['"text"', '1', 'null', 'true'])('refuses %s, which is neither object nor array', (text) => {
    expect(refusal(text).code).toBe('json-not-structured');
  });

  it('refuses bytes that are not UTF-8', () => {
    expect(refusal(Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])).code).toBe('body-not-utf8');
  });

  it('refuses integers that a float would change, and names the place and the number', () => {
    const { code, faults, message } = refusal('{"a":[{"id":9007199254740993}]}');
    expect({ code, pointer: faults[0]?.pointer }).toEqual({ code: 'json-integer-imprecise', pointer: '/a/0/id' });
    expect(message).toContain('9007199254740993');
    expect(refusal('[-12345678901234567891]').code).toBe('json-integer-imprecise');
  });

  it('refuses escapes that make NUL or half a character', () => {
    expect(refusal('["\\u0000"]').code).toBe('nul-character');
    expect(refusal('["\\ud800"]').code).toBe('lone-surrogate');
  });

  it('refuses a deep body without recursing into all of it', () => {
    expect(refusal('['.repeat(400_000) + ']'.repeat(400_000)).code).toBe('json-too-deep');
  });
});
