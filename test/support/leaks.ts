/**
 * How a secret may be spelt in a text: as it is, URL-encoded, in hexadecimal, in base64 at any place of what was encoded, and
 * as JSON writes it, or JSON within JSON.
 */
export function spellingsOf(secret: string): string[] {
  const encoded = [0, 1, 2].flatMap((offset) => {
    const bytes = Buffer.from('-'.repeat(offset) + secret);
    // Without the characters that depend on what stands before and after it.
    const text = bytes.toString('base64').slice(Math.ceil((offset * 4) / 3), Math.floor((bytes.length * 4) / 3));
    return [text, text.replaceAll('+', '-').replaceAll('/', '_')];
  });
  const hex = Buffer.from(secret).toString('hex');
  const escaped = [...Buffer.from(secret)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');
  const json = JSON.stringify(secret).slice(1, -1);
  const urls = [encodeURIComponent(secret), encodeURI(secret), escaped, escaped.toUpperCase()];
  return [...new Set([secret, json, JSON.stringify(json).slice(1, -1), ...urls, hex, ...encoded])];
}

/** The secrets that stand in a text, each with the spelling in which it was found. */
export function leaksIn(text: string, secrets: Iterable<string>): [secret: string, spelling: string][] {
  const wanted = [...secrets].flatMap((secret) =>
    spellingsOf(secret).map((spelling): [string, string] => [secret, spelling]),
  );
  // One walk through the text for all of them, which may be very many: most places are passed by a look at four characters.
  const width = Math.min(8, ...wanted.map(([, spelling]) => spelling.length));
  const byHead = Map.groupBy(wanted, ([, spelling]) => spelling.slice(0, width));
  const length = Math.min(4, width);
  const beginnings = new Uint8Array(SIEVE);
  for (const head of byHead.keys()) beginnings[beginningAt(head, 0, length)] = 1;
  const found = new Set<[string, string]>();
  for (let at = 0; at + width <= text.length; at++) {
    if (beginnings[beginningAt(text, at, length)] === 0) continue;
    for (const one of byHead.get(text.slice(at, at + width)) ?? []) {
      if (text.startsWith(one[1], at)) found.add(one);
    }
  }
  return [...found];
}

const SIEVE = 2 ** 16;

/** Equal for equal beginnings; those of two texts that differ may be equal too. */
function beginningAt(text: string, at: number, length: number): number {
  let sum = 0;
  for (let index = at; index < at + length; index++) sum = sum * 31 + text.charCodeAt(index);
  return sum & (SIEVE - 1);
}
