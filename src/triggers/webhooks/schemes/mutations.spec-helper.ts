/** Texts that differ from `text` a little: each character changed, left out, doubled; cut off; other case; spaces. */
export function mutationsOf(text: string): string[] {
  const found = new Set<string>();
  for (let at = 0; at < text.length; at++) {
    const [before, after] = [text.slice(0, at), text.slice(at + 1)];
    const code = text.charCodeAt(at);
    for (const bit of [1, 2, 4, 8, 16, 32, 64]) found.add(before + String.fromCharCode(code ^ bit) + after);
    found.add(before + after);
    found.add(`${before}${text[at]}${text[at]}${after}`);
    found.add(`${before} ${text[at]}${after}`);
    found.add(before);
  }
  for (const whole of [text.toUpperCase(), text.toLowerCase(), text + text, `${text}, ${text}`, `${text},${text}`]) {
    found.add(whole);
  }
  for (const padded of [` ${text}`, `${text} `, `${text}\t`, `${text}\0`, `${text}=`, `"${text}"`]) found.add(padded);
  found.delete(text);
  return [...found];
}

/** Bodies that differ in one bit, one byte more or less. */
export function bodyMutationsOf(body: Buffer): Buffer[] {
  const found: Buffer[] = [];
  for (let bit = 0; bit < body.length * 8; bit++) {
    const changed = Buffer.from(body);
    changed.writeUInt8(changed.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
    found.push(changed);
  }
  for (let at = 0; at <= body.length; at++) {
    found.push(Buffer.concat([body.subarray(0, at), Buffer.from(' '), body.subarray(at)]));
    if (at < body.length) found.push(Buffer.concat([body.subarray(0, at), body.subarray(at + 1)]));
  }
  found.push(Buffer.alloc(0), Buffer.concat([body, body]), Buffer.concat([Buffer.from('\ufeff'), body]));
  return found.filter((changed) => !changed.equals(body));
}

/** The digest or token at the end of a header, written in other ways. */
export function otherSpellingsOf(value: string): string[] {
  const spellings: string[] = [];
  for (const [from, pattern] of [
    ['hex', /[\da-f]{64}$/],
    ['base64', /[A-Za-z\d+/]{43}=$/],
    ['base64url', /[\w-]{43}$/],
  ] as const) {
    const digest = pattern.exec(value)?.[0];
    if (digest === undefined) continue;
    const bytes = Buffer.from(digest, from);
    for (const to of ['hex', 'base64', 'base64url', 'latin1', 'binary'] as const) {
      spellings.push(value.slice(0, -digest.length) + bytes.toString(to));
    }
  }
  return spellings;
}
