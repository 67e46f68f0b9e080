/** How a secret may be spelt in a text: as it is, URL-encoded, in hexadecimal, and in base64 at any place of what was encoded. */
export function spellingsOf(secret: string): string[] {
  const encoded = [0, 1, 2].flatMap((offset) => {
    const bytes = Buffer.from('-'.repeat(offset) + secret);
    // Without the characters that depend on what stands before and after it.
    const text = bytes.toString('base64').slice(Math.ceil((offset * 4) / 3), Math.floor((bytes.length * 4) / 3));
    return [text, text.replaceAll('+', '-').replaceAll('/', '_')];
  });
  const hex = Buffer.from(secret).toString('hex');
  const escaped = [...Buffer.from(secret)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');
  return [...new Set([secret, encodeURIComponent(secret), escaped, escaped.toUpperCase(), hex, ...encoded])];
}

/** The secrets that stand in a text, each with the spelling in which it was found. */
export function leaksIn(text: string, secrets: Iterable<string>): [secret: string, spelling: string][] {
  return [...secrets].flatMap((secret) =>
    spellingsOf(secret)
      .filter((spelling) => text.includes(spelling))
      .map((spelling): [string, string] => [secret, spelling]),
  );
}
