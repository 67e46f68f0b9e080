import { createSecretKey } from 'node:crypto';
import { makeSealingKey, open, seal } from './ciphertext.js';
import { CiphertextError } from './encryption.errors.js';
import type { Place } from './place.js';

const key = makeSealingKey();
const otherKey = makeSealingKey();
const keys = new Map([key, otherKey].map((each) => [each.id, each]));
const place: Place = { table: 'integration_secret', column: 'value', row: 'res_1', owner: '7' };
const body = (ciphertext: string) => Buffer.from(ciphertext.slice(20), 'base64url');
const withBody = (bytes: Buffer) => `v1.${key.id}.${bytes.toString('base64url')}`;

/** Everything about the error that a caller can see, so that a difference between two checks would show. */
function failure(ciphertext: string, at: Place = place): object {
  try {
    return { opened: open(ciphertext, keys, at) };
  } catch (error) {
    const { name, message, code, cause } = error as CiphertextError;
    return { name, message, code, cause };
  }
}

const refusal = {
  name: 'CiphertextError',
  code: 'decryption-failed',
  message: 'The encrypted value in integration_secret.value of res_1 cannot be decrypted.',
  cause: undefined,
};

describe('a sealed value', () => {
  it.each([
    ['the empty text', ''],
    ['one letter', 'x'],
    ['a control character', 'a\0b\n'],
    ['letters beyond ASCII', 'Grüße, 世界, 🔑'],
    ['a text of 300 kB', 'päss '.repeat(50_000)],
  ])('opens unchanged: %s', (_what, plaintext) => {
    expect(open(seal(plaintext, key, place), keys, place)).toBe(plaintext);
  });

  it('still opens when it was written by the first release', () => {
    const secret = createSecretKey(
      Buffer.from('000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f', 'hex'),
    );
    const written =
      'v1.0123456789abcdef.RRIajvsKSAZkMhejIwGzTCU-o29IIBhAqKxQie91qI6o7-HB8MH32XDiSo3VT3nVsMSMFe0-lfZ-a--mOGWAS_p2lwb5x7uOjej20-xzdUFfxf0qW8FxFpQo';
    expect(open(written, new Map([['0123456789abcdef', { id: '0123456789abcdef', secret }]]), place)).toBe('secret ✓');
  });

  it('names its format, its key, and does not show the text', () => {
    const ciphertext = seal('plain words', key, place);
    expect(ciphertext).toMatch(new RegExp(`^v1\\.${key.id}\\.[\\w-]{122}$`));
    expect(body(ciphertext).toString('latin1')).not.toContain('plain');
  });

  it('has a salt of its own, so that equal texts look different', () => {
    const ciphertexts = Array.from({ length: 10_000 }, () => seal('same', key, place));
    expect(new Set(ciphertexts.map((each) => body(each).toString('hex', 0, 32))).size).toBe(10_000);
    expect(new Set(ciphertexts.map((each) => body(each).toString('hex', 32))).size).toBe(10_000);
  });

  it('cannot hold a lone surrogate, which would come back as another character', () => {
    expect(() => seal('\ud800', key, place)).toThrow(TypeError);
    expect(() => seal('x', key, { ...place, row: '\udfff' })).toThrow(TypeError);
  });
});

describe('an altered ciphertext fails with one and the same error', () => {
  const ciphertext = seal('attack at dawn', key, place);

  it('whichever bit of its characters is flipped', () => {
    for (let bit = 0; bit < ciphertext.length * 8; bit++) {
      const at = Math.floor(bit / 8);
      const flipped = String.fromCharCode(ciphertext.charCodeAt(at) ^ (1 << (bit % 8)));
      expect(failure(ciphertext.slice(0, at) + flipped + ciphertext.slice(at + 1))).toEqual(refusal);
    }
  });

  it('whichever bit of its bytes is flipped', () => {
    for (let bit = 0; bit < body(ciphertext).length * 8; bit++) {
      const bytes = body(ciphertext);
      bytes[Math.floor(bit / 8)]! ^= 1 << (bit % 8);
      expect(failure(withBody(bytes))).toEqual(refusal);
    }
  });

  it('wherever it is cut off, at its end or at its start', () => {
    for (let length = 0; length < ciphertext.length; length++) {
      expect(failure(ciphertext.slice(0, length))).toEqual(refusal);
      expect(failure(ciphertext.slice(ciphertext.length - length))).toEqual(refusal);
    }
    for (let length = 0; length < body(ciphertext).length; length++) {
      expect(failure(withBody(body(ciphertext).subarray(0, length)))).toEqual(refusal);
    }
  });

  it.each([
    ['another version', ciphertext.replace('v1', 'v2')],
    ['an upper-case version', ciphertext.replace('v1', 'V1')],
    ['no version', ciphertext.slice(3)],
    ['an unknown key', ciphertext.replace(key.id, '0000000000000000')],
    ['the id of another key', ciphertext.replace(key.id, otherKey.id)],
    ['no key', ciphertext.replace(key.id, '')],
    ['an upper-case key id', ciphertext.replace(key.id, 'ABCDEFABCDEFABCD')],
    ['something appended', `${ciphertext}A`],
    ['a byte appended', withBody(Buffer.concat([body(ciphertext), Buffer.alloc(1)]))],
    ['a line end', `${ciphertext}\n`],
    ['a leading blank', ` ${ciphertext}`],
    ['padding', `${ciphertext}=`],
    ['a further part', `${ciphertext}.AAAA`],
    ['plain text', 'attack at dawn'],
    ['the name of an object member', 'v1.__proto__.AAAA'],
  ])('with %s', (_what, altered) => {
    expect(failure(altered)).toEqual(refusal);
  });

  it('whichever part is taken from another ciphertext of the same place', () => {
    const [one, two] = [body(ciphertext), body(seal('retreat at six', key, place))];
    const cuts = [0, 32, 64, 80, one.length];
    for (let part = 0; part < 4; part++) {
      const mixed = Buffer.from(one);
      two.copy(mixed, cuts[part], cuts[part], cuts[part + 1]);
      expect(failure(withBody(mixed))).toEqual(refusal);
    }
  });
});

describe('a ciphertext that was moved', () => {
  const places: Place[] = [
    place,
    { ...place, table: 'oauth_connection' },
    { ...place, column: 'refresh_token' },
    { ...place, row: 'res_2' },
    { ...place, owner: '8' },
    // Fields that would run together without their lengths.
    { table: 'ab', column: 'c', row: 'd', owner: 'e' },
    { table: 'a', column: 'bc', row: 'd', owner: 'e' },
    { table: 'a', column: 'b', row: 'cd', owner: 'e' },
    { table: 'a', column: 'b', row: 'c', owner: 'de' },
    { table: 'a', column: 'b', row: 'cde', owner: '' },
    { table: '', column: 'ab', row: 'cd', owner: 'e' },
    // One field that imitates the next field and its length.
    { table: 'a', column: 'b', row: 'c\0\0\0\u0001d', owner: '' },
    { table: 'a', column: 'b', row: 'c', owner: 'd\0\0\0\0' },
  ];

  it('opens in no place but its own', () => {
    for (const from of places) {
      const ciphertext = seal('moved', key, from);
      for (const to of places) {
        if (from === to) expect(open(ciphertext, keys, to)).toBe('moved');
        else expect(() => open(ciphertext, keys, to)).toThrow(CiphertextError);
      }
    }
  });

  it('fails with the same error as an altered one', () => {
    expect(failure(seal('moved', key, { ...place, owner: '8' }))).toEqual(refusal);
  });
});
