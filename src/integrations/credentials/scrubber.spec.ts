import { HeldBackText } from './held-back-text.js';
import { Scrubber } from './scrubber.js';
import { spellingsOf } from './spellings.js';
import { cut } from './text-finder.js';

const secret = `k"7\\%+/ü '<x>&y`;

function scrubberOf(...secrets: string[]): Scrubber {
  const scrubber = new Scrubber();
  scrubber.add(...secrets);
  return scrubber;
}

describe('a scrubber', () => {
  it.each(spellingsOf(secret))('knows the secret as %j', (spelling) => {
    expect(scrubberOf(secret).text(`a ${spelling} b`)).toBe('a [secret] b');
  });

  it.each([0, 1, 2, 3, 4, 5])(
    'knows base64 of it after %i other bytes, save for what depends on its neighbours',
    (n) => {
      const encoded = Buffer.from('-'.repeat(n) + secret + '-'.repeat(n)).toString('base64');
      const clean = scrubberOf(secret).text(encoded);
      expect(clean).toContain('[secret]');
      expect(clean.replace('[secret]', '').length).toBeLessThanOrEqual(Math.ceil((n * 8) / 6) * 2 + 4);
    },
  );

  it('leaves everything else as it was', () => {
    const text = 'The quick brown fox … k"7\\%+/ but not all of it';
    expect(scrubberOf(secret).text(text)).toBe(text);
    expect(scrubberOf('abc').text('abc')).toBe('abc');
  });

  it('takes the longest of secrets that begin alike', () => {
    expect(scrubberOf('hunter', 'hunter2-and-more').text('hunter2-and-more, hunter2')).toBe('[secret], [secret]2');
  });

  it('knows the beginning of a secret where a text was cut', () => {
    expect(scrubberOf('0123456789').text(cut('is 0123456789', 8))).toBe('is [secret]…');
    expect(scrubberOf('0123456789').text('is 01234 …')).toBe('is 01234 …');
  });

  it('cleans keys, and numbers that are one', () => {
    const value = { [`a ${secret}`]: [{ b: secret }], pin: 90_210_733, other: 90_210 };
    expect(scrubberOf(secret, '90210733').json(value)).toEqual({
      'a [secret]': [{ b: '[secret]' }],
      pin: '[secret]',
      other: 90_210,
    });
  });

  it('cleans an error through and through: its stack, its causes, what it holds', () => {
    const inner = Object.assign(new TypeError(`inner ${secret}`), { bytes: Buffer.from(secret), map: new Map() });
    const both = new AggregateError([inner, secret], `all ${secret}`, { cause: { said: [secret] } });
    const error = Object.assign(new Error(`outer ${secret}`, { cause: both }), {
      code: 7,
      problem: { [secret]: inner },
    });
    Object.defineProperty(error, 'fixed', { value: secret, configurable: true });
    inner.cause = error;
    expect(scrubberOf(secret).error(error)).toBe(error);
    expect([error.message, both.message, inner.message]).toEqual(['outer [secret]', 'all [secret]', 'inner [secret]']);
    for (const one of [error, both, inner]) expect(one.stack).toContain('[secret]');
    for (const one of [error, both, inner]) expect(one.stack).not.toContain(secret);
    expect(both).toMatchObject({ cause: { said: ['[secret]'] }, errors: [inner, '[secret]'] });
    expect(error).toMatchObject({ code: 7, problem: { '[secret]': inner }, fixed: '[secret]' });
    expect([inner.bytes, inner.map]).toEqual([undefined, undefined]);
  });
});

describe('an error that holds what holds itself', () => {
  it('is cleaned all the same, and what it holds twice stays', () => {
    const certificate: Record<string, unknown> = { subject: 'hunter2-and-more' };
    certificate.issuer = certificate;
    const shared = { key: 'hunter2-and-more' };
    const error = Object.assign(new Error('no'), { certificate, one: shared, other: shared });
    scrubberOf('hunter2-and-more').error(error);
    expect(error).toMatchObject({ one: { key: '[secret]' }, other: { key: '[secret]' } });
    expect(error.certificate).toEqual({ subject: '[secret]', issuer: undefined });
  });
});

describe('a text that comes in pieces', () => {
  const tell = (scrubber: Scrubber, pieces: Iterable<string>): string => {
    const told: string[] = [];
    const access = { scrub: (text: string) => scrubber.text(text), scrubBegun: (text: string) => scrubber.begun(text) };
    const text = new HeldBackText(access, (piece) => told.push(piece));
    for (const piece of pieces) text.add(piece);
    text.end();
    return told.join('');
  };

  it('is told without a secret, wherever that is split', () => {
    const scrubber = scrubberOf('hunter', 'hunter2-and-more', 'more-to-come');
    const text = 'a hunter2-and-more b hunter2-and-mor c hunter more-to-come hunt';
    const clean = 'a [secret] b [secret]2-and-mor c [secret] [secret] hunt';
    expect(tell(scrubber, text)).toBe(clean);
    for (let at = 0; at <= text.length; at++) expect(tell(scrubber, [text.slice(0, at), text.slice(at)])).toBe(clean);
  });

  it('holds no more back than may be the beginning of one', () => {
    const scrubber = scrubberOf('0123456789');
    expect(scrubber.begun('abc 01')).toEqual({ clean: 'abc ', rest: '01' });
    expect(scrubber.begun('abc 01x')).toEqual({ clean: 'abc 01x', rest: '' });
    expect(scrubber.begun('abc 0123456')).toEqual({ clean: 'abc ', rest: '0123456' });
  });
});
