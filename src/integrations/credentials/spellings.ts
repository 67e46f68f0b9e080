/** What is longer is no password and no key, but a text with one inside. */
const LONGEST = 16_384;
/** Characters of a piece of a secret that is worth hiding. */
const SHORTEST_PIECE = 8;

/**
 * A secret in every spelling in which it may come back: as it is, and as it looks in URLs, headers, JSON, HTML, SQL, and in
 * what was encoded together with it, such as Basic credentials.
 */
export function spellingsOf(secret: string): string[] {
  if (secret.length > LONGEST) return [secret, ...jsonSpellings(secret)];
  // Headers lose the spaces and line breaks that people copy with a secret.
  const sent = new Set([secret, secret.trim(), ...piecesInUrl(secret)]);
  return [...new Set([...sent].flatMap(allSpellings))];
}

function allSpellings(secret: string): string[] {
  // Names of headers and of hosts are in lower case.
  const everywhere = [secret, secret.toLowerCase(), ...byteSpellings(secret)];
  // Most secrets look the same wherever they are.
  if (/^[\w.-]*$/.test(secret)) return everywhere;
  const inUrl = [...new Set(urlSpellings(secret))];
  const json = jsonSpellings(secret);
  return [
    ...everywhere,
    // UTF-8 that was read as Latin-1, as in headers.
    Buffer.from(secret).toString('latin1'),
    ...sqlSpellings(secret),
    ...htmlSpellings(secret),
    // Of a URL in a URL, too.
    ...inUrl.flatMap((text) => [text, inLowerCase(text), encodeURIComponent(text)]),
    // Of a text of JSON in JSON, too.
    ...json.flatMap((text) => [text, inJson(text), encodeURIComponent(text)]),
    ...[...inUrl, ...json].flatMap(byteSpellings),
  ];
}

function urlSpellings(secret: string): string[] {
  const text = secret.toWellFormed();
  const component = encodeURIComponent(text);
  return [
    component,
    component.replaceAll('%20', '+'),
    encodeURI(text),
    new URLSearchParams({ '': text }).toString().slice(1),
    ...partsOfUrl(text),
  ];
}

/** As it stands in a part of a URL that it was put into without being encoded. */
function partsOfUrl(secret: string): string[] {
  const url = new URL('http://localhost');
  return (['pathname', 'search', 'hash'] as const).map((part) => {
    // The first character would be taken for the mark of the part.
    url[part] = `-${secret}`;
    return url[part].slice(2);
  });
}

/** What is sent of it when it has a meaning in the URL that it was put into, such as to begin another part. */
function piecesInUrl(secret: string): string[] {
  if (!/[#?&=+%\\]/.test(secret)) return [];
  const pieces = ['/-', '/?-'].flatMap((before) => {
    const { pathname = '', search = '', hash = '' } = URL.parse(`http://localhost${before}${secret}`) ?? {};
    const [path, query] = [pathname.slice(2), search.replace(/^\?-?/, '')];
    return [path, query, hash.slice(1), ...new URLSearchParams(path).keys(), ...[...new URLSearchParams(query)].flat()];
  });
  return pieces.filter((piece) => piece.length >= SHORTEST_PIECE);
}

function inLowerCase(url: string): string {
  return url.replace(/%[0-9A-F]{2}/g, (escape) => escape.toLowerCase());
}

function jsonSpellings(secret: string): string[] {
  const plain = inJson(secret.toWellFormed());
  const ascii = plain.replace(/[\u0080-\uffff]/g, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`);
  return [...new Set([plain, plain.replaceAll('/', '\\/'), ascii, ascii.replaceAll('/', '\\/')])];
}

function inJson(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

/** Quotation marks are doubled, in rows within rows of PostgreSQL backslashes too. CSV is like that as well. */
function sqlSpellings(secret: string): string[] {
  return [secret, secret.replaceAll('\\', '\\\\')].flatMap((text) => [
    text,
    text.replaceAll('"', '""'),
    text.replaceAll("'", "''"),
  ]);
}

/** Quotation marks have several names, and libraries agree on none. */
function htmlSpellings(secret: string): string[] {
  const text = secret.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  return ['&quot;', '&#34;'].flatMap((double) =>
    ['&#39;', '&#x27;', '&#039;', '&apos;', "'"].map((single) => text.replaceAll('"', double).replaceAll("'", single)),
  );
}

function byteSpellings(text: string): string[] {
  const bytes = Buffer.from(text);
  const hex = bytes.toString('hex');
  const hexes = [hex, hex.toUpperCase()];
  const escaped = hexes.map((digits) => digits.replace(/../g, '%$&'));
  const base64 = [0, 1, 2].flatMap((offset) => base64At(bytes, offset));
  return [
    ...hexes,
    ...escaped,
    ...base64,
    ...base64.map((encoded) => encoded.replaceAll('+', '-').replaceAll('/', '_')),
  ];
}

/** Base64 of whatever has these bytes after so many others; without the characters that depend on its neighbours. */
function base64At(bytes: Buffer, offset: number): string[] {
  const text = Buffer.concat([Buffer.alloc(offset), bytes]).toString('base64');
  // Each character is six bits of it.
  const begin = Math.ceil((offset * 8) / 6);
  const end = Math.floor(((offset + bytes.length) * 8) / 6);
  return [text.slice(begin, end), ...(offset === 0 ? [text, text.replace(/=+$/, '')] : [])];
}
