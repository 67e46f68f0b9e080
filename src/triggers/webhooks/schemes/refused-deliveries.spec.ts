import { bodyMutationsOf, mutationsOf, otherSpellingsOf } from './mutations.spec-helper.js';
import { type Sender, deliveryOf, nowSeconds, refusalOf, senders } from './senders.spec-helper.js';
import { Random } from './random.spec-helper.js';

/** What each code was seen for, over all senders. */
const seen = new Map<string, number>();

/** One delivery that is accepted, and what its changed copies are refused with. */
async function exhibitOf(sender: Sender, seed: number, seconds = nowSeconds) {
  const random = new Random(seed);
  const secret = sender.newSecret(random);
  const body = Buffer.from(`{"id":"evt_${random.letters(6)}","t":"é�${random.letters(9)}"}`);
  const headers = await sender.sign(body, secret, seconds, random);
  const hidden = [secret, body.toString(), headers[sender.signature] ?? ''];
  const refusal = async (
    changed: Record<string, string>,
    sent: Buffer = body,
    secrets = [secret],
    repeated: string[] = [],
  ) => {
    const code = await refusalOf(sender, deliveryOf(changed, sent, repeated), secrets, hidden);
    seen.set(code, (seen.get(code) ?? 0) + 1);
    return code;
  };
  return { random, secret, body, headers, refusal };
}

const invalid = (sender: Sender): string =>
  /Basic|Bearer/.test(sender.scheme.title) ? 'delivery-credentials-invalid' : 'signature-invalid';
const missing = (sender: Sender): string =>
  /Basic|Bearer/.test(sender.scheme.title) ? 'delivery-credentials-invalid' : 'signature-missing';

/** The timestamp in a header, where it is one at all. */
function isStale(text: string | undefined): boolean {
  return text !== undefined && /^[1-9]\d{0,11}$/.test(text) && Math.abs(Number(text) - nowSeconds) > 300;
}

function codeFor(sender: Sender, name: string, value: string): string {
  if (value === '') return missing(sender);
  if (name === sender.timestamp) return isStale(value) ? 'signature-stale' : invalid(sender);
  const parts = sender.scheme.key === 'stripe' ? value.split(',') : [];
  const times = parts.filter((part) => part.startsWith('t='));
  const wellFormed = parts.every((part) => /^(?!v1=)[a-z]\w{0,9}=[\w.+/=-]+$|^v1=[\da-f]{64}$/.test(part));
  return wellFormed && times.length === 1 && isStale(times[0]?.slice(2)) ? 'signature-stale' : invalid(sender);
}

describe.each(senders)('$name', (sender) => {
  it('refuses a signature, and whatever it covers, with any change', async () => {
    for (const seed of [11, 12]) {
      const { headers, refusal } = await exhibitOf(sender, seed);
      for (const name of [sender.signature, ...sender.covers]) {
        const value = headers[name] ?? '';
        const spelled = sender.spelled ?? String;
        const changes = [...mutationsOf(value), ...otherSpellingsOf(value)].filter(
          (changed) => spelled(changed) !== spelled(value),
        );
        for (const changed of changes) {
          const code = await refusal({ ...headers, [name]: changed });
          const expected = codeFor(sender, name, changed);
          if (code !== expected) throw new Error(`${name}: ${changed} gave ${code}, not ${expected}`);
        }
      }
      expect(await refusal(headers)).toBe('accepted');
    }
  });

  it('refuses another body, where the body is signed', async () => {
    const { headers, body, refusal } = await exhibitOf(sender, 21);
    const codes = new Set<string>();
    for (const changed of bodyMutationsOf(body)) codes.add(await refusal(headers, changed));
    expect([...codes]).toEqual([sender.ignoresBody ? 'accepted' : invalid(sender)]);
  });

  it('refuses other secrets, empty ones, and none', async () => {
    const { random, secret, body, headers, refusal } = await exhibitOf(sender, 31);
    for (let nth = 0; nth < 20; nth++) {
      expect(await refusal(headers, body, [sender.newSecret(random)])).toBe(invalid(sender));
    }
    for (const secrets of [[], [''], ['', ''], [`${secret} `], [secret.slice(0, -1)], ['whsec_'], ['\0']]) {
      expect(await refusal(headers, body, secrets)).toBe(invalid(sender));
    }
    // An empty secret is known to everybody: what is signed with it must not pass either.
    const forged = await sender.sign(body, '', nowSeconds, random).catch(() => headers);
    const code = forged[sender.signature] === '' ? missing(sender) : invalid(sender);
    expect(await refusal(forged, body, [''])).toBe(code);
  });

  it('refuses headers that are missing, empty, or come twice', async () => {
    const { body, secret, headers, refusal } = await exhibitOf(sender, 41);
    for (const name of Object.keys(headers)) {
      const { [name]: _left, ...others } = headers;
      expect(await refusal(others)).toBe(missing(sender));
      expect(await refusal({ ...headers, [name]: '' })).toBe(missing(sender));
      expect(await refusal(headers, body, [secret], [name])).toBe('header-repeated');
      expect(await refusal(others, body, [secret], [name])).toBe('header-repeated');
      expect(await refusal({ ...headers, [name]: 'x'.repeat(100_000) })).toBe(invalid(sender));
    }
    expect(await refusal(headers, body, [secret], ['x-forwarded-for'])).toBe('accepted');
  });

  it('refuses what was signed more than 5 minutes ago or from now', async () => {
    const timed = sender.timestamp !== undefined || sender.scheme.key === 'stripe';
    for (const off of [301, 302, 3_600, 86_400, 31_536_000, -301, -302, -3_600, -31_536_000]) {
      const { headers, refusal } = await exhibitOf(sender, 51, nowSeconds - off);
      expect(await refusal(headers)).toBe(timed ? 'signature-stale' : 'accepted');
    }
    for (const off of [300, -300, 0]) {
      const { headers, refusal } = await exhibitOf(sender, 52, nowSeconds - off);
      expect(await refusal(headers)).toBe('accepted');
    }
  });

  it('refuses the signatures of every other sender', async () => {
    const { body, secret, headers, refusal } = await exhibitOf(sender, 61);
    for (const other of senders.filter(({ name }) => name !== sender.name)) {
      const random = new Random(62);
      for (const key of [secret, other.newSecret(random)]) {
        const theirs = await other.sign(body, key, nowSeconds, random).catch(() => undefined);
        const signature = theirs?.[other.signature];
        if (signature === undefined || signature === headers[sender.signature]) continue;
        expect(await refusal({ ...headers, [sender.signature]: signature })).toBe(invalid(sender));
      }
    }
  });
});

it('has seen more than 10,000 deliveries refused', () => {
  const refused = [...seen].filter(([code]) => code !== 'accepted').reduce((sum, [, count]) => sum + count, 0);
  expect(refused).toBeGreaterThan(10_000);
  expect([...seen.keys()].sort()).toEqual([
    'accepted',
    'delivery-credentials-invalid',
    'header-repeated',
    'signature-invalid',
    'signature-missing',
    'signature-stale',
  ]);
});
