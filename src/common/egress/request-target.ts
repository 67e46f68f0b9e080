import { EgressInvalidRequestError, EgressInvalidUrlError } from './egress.errors.js';

/** Headers that belong to the connection or follow from the URL and body. A `Host` of the caller would change the TLS name. */
const FORBIDDEN_HEADERS: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'expect',
  'host',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** Methods that open tunnels or echo the request's credentials (Fetch Standard, forbidden methods). */
const FORBIDDEN_METHODS: ReadonlySet<string> = new Set(['CONNECT', 'TRACE', 'TRACK']);

/**
 * Parses a URL to request, as the WHATWG URL Standard does: `http://2130706433/` becomes `http://127.0.0.1/`.
 * The messages leave the URL out, which may hold secrets.
 *
 * @param base what a relative `Location` is resolved against
 */
export function parseTargetUrl(text: string, base?: URL): URL {
  const url = URL.parse(text, base?.href);
  if (url === null) {
    throw new EgressInvalidUrlError('The URL is not valid; it looks like https://api.example.com/v1/items.');
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new EgressInvalidUrlError(
      `The URL has the scheme "${url.protocol}"; only http: and https: can be requested.`,
    );
  }
  if (url.username !== '' || url.password !== '') {
    throw new EgressInvalidUrlError(
      `The URL of ${url.host} has a user name or password in it; send an Authorization header instead.`,
    );
  }
  return url;
}

/** Upper-cases a method and refuses those that no integration needs. */
export function checkMethod(method: string): string {
  const name = method.toUpperCase();
  if (FORBIDDEN_METHODS.has(name)) throw new EgressInvalidRequestError(`The method ${name} cannot be sent.`);
  return name;
}

/** Whether a header, by its name in lower case, is only for the client to set. */
export function isForbiddenHeader(name: string): boolean {
  return FORBIDDEN_HEADERS.has(name);
}

/** Lower-cases header names and refuses those that only the client may set. Values are checked by undici. */
export function checkHeaders(headers: Readonly<Record<string, string>>): Record<string, string> {
  const entries = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value] as const);
  const forbidden = entries.find(([name]) => isForbiddenHeader(name));
  if (forbidden) {
    throw new EgressInvalidRequestError(`The header "${forbidden[0]}" cannot be set; it follows from the request.`);
  }
  return Object.fromEntries(entries);
}
