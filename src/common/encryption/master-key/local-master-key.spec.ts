import { createSecretKey } from 'node:crypto';
import { makeSealingKey } from '../ciphertext.js';
import { EncryptionUnavailableError } from '../encryption.errors.js';
import type { Place } from '../place.js';
import { localMasterKey, parseMasterKey } from './local-master-key.js';

const place: Place = { table: 'encryption_key', column: 'wrapped_key', row: '0123456789abcdef', owner: 'seer' };
const master = localMasterKey(createSecretKey(Buffer.alloc(32, 1)), 'SEER_MASTER_KEY');
const otherMaster = localMasterKey(createSecretKey(Buffer.alloc(32, 2)), 'SEER_MASTER_KEY');

describe('a local master key', () => {
  const { secret } = makeSealingKey();

  it('unwraps the data key that it wrapped', async () => {
    const unwrapped = await master.unwrap(await master.wrap(secret, place), place);
    expect(unwrapped.equals(secret)).toBe(true);
  });

  it('does not show the data key in what it wraps', async () => {
    const wrapped = await master.wrap(secret, place);
    for (const encoding of ['base64', 'base64url', 'hex'] as const) {
      expect(wrapped).not.toContain(secret.export().toString(encoding).slice(0, 42));
    }
  });

  it('refuses what another master key wrapped', async () => {
    await expect(otherMaster.unwrap(await master.wrap(secret, place), place)).rejects.toThrow();
  });

  it('refuses what it wrapped for another key id', async () => {
    const wrapped = await master.wrap(secret, place);
    await expect(master.unwrap(wrapped, { ...place, row: 'fedcba9876543210' })).rejects.toThrow();
  });

  it('has an id that stays the same, differs between keys and does not reveal the key', () => {
    expect(localMasterKey(createSecretKey(Buffer.alloc(32, 1)), 'a file').id).toBe(master.id);
    expect(otherMaster.id).not.toBe(master.id);
    expect(master.id).toMatch(/^local:[0-9a-f]{16}$/);
    expect(master.id).not.toContain('0101');
  });
});

describe('the text of a master key', () => {
  const valid = Buffer.alloc(32, 0xfb).toString('base64');

  it.each([valid, `${valid}\n`, ` ${valid}\r\n`])('is 32 bytes in base64: %j', (text) => {
    expect(parseMasterKey(text, 'SEER_MASTER_KEY').export()).toEqual(Buffer.alloc(32, 0xfb));
  });

  it.each([
    ['nothing', ''],
    ['31 bytes', Buffer.alloc(31, 7).toString('base64')],
    ['33 bytes', Buffer.alloc(33, 7).toString('base64')],
    ['hexadecimal', Buffer.alloc(32, 7).toString('hex')],
    ['base64url', valid.replaceAll('+', '-').replaceAll('/', '_')],
    ['words', 'correct horse battery staple, correct horse!'],
    ['a second line', `${valid}\n${valid}`],
    ['characters that base64 decoding skips', `${valid.slice(0, 20)}!${valid.slice(20)}`],
  ])('is refused, naming where it is but not what it is: %s', (_what, text) => {
    const parse = () => parseMasterKey(text, 'the file /keys/master.key');
    expect(parse).toThrow(EncryptionUnavailableError);
    expect(parse).toThrow(/^The master key in the file \/keys\/master\.key must be 32 bytes in base64\. Restore/);
    if (text !== '') expect(parse).not.toThrow(text);
  });
});
