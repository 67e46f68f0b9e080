import { EgressRedirectRefusedError } from './egress.errors.js';
import { parseTargetUrl } from './request-target.js';

/** One request of a redirect chain. Header names are lower case. */
export interface Hop {
  readonly method: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
}

const REDIRECT_STATUSES: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
const CREDENTIAL_HEADERS = ['authorization', 'cookie', 'proxy-authorization'];
/** All that a confidential request says to another origin. */
const HARMLESS_HEADERS = ['accept', 'accept-encoding', 'accept-language', 'user-agent'];
const BODY_HEADERS = ['content-encoding', 'content-language', 'content-location', 'content-type'];

/** Where a response redirects to, if it does (RFC 9110 section 15.4). */
export function redirectLocation(status: number, headers: Readonly<Record<string, unknown>>): string | undefined {
  const location = headers['location'];
  return REDIRECT_STATUSES.has(status) && typeof location === 'string' ? location : undefined;
}

/** Whether a redirect from `from` leads to another origin, or nowhere. */
export function leavesOrigin(location: string, from: URL): boolean {
  return URL.parse(location, from.href)?.origin !== from.origin;
}

/** What must not reach another origin. */
export interface Secrecy {
  /** Further credential headers, lower case. */
  readonly secretHeaders: readonly string[];
  /** The body and every header that says more than what answers are wanted. */
  readonly confidential: boolean;
}

/**
 * The request that follows a redirect, by the rules of the Fetch Standard (HTTP-redirect fetch): a POST becomes a GET
 * after 301 and 302, every method but GET and HEAD after 303. Credentials do not leave their origin; since the scheme
 * is part of it, nor do they go from https to http. A chain that comes back does not get them again.
 *
 * @throws EgressRedirectRefusedError when it would take a confidential body to another origin
 */
export function nextHop(hop: Hop, status: number, location: string, secrecy: Secrecy): Hop {
  const url = parseTargetUrl(location, hop.url);
  const becomesGet = status === 303 ? !['GET', 'HEAD'].includes(hop.method) : status < 303 && hop.method === 'POST';
  const leaves = url.origin !== hop.url.origin;
  const body = becomesGet ? undefined : hop.body;
  if (leaves && secrecy.confidential && body !== undefined) throw new EgressRedirectRefusedError(hop.url, url);

  const isKept = (name: string) => !(leaves && isSecret(name, secrecy)) && !(becomesGet && BODY_HEADERS.includes(name));
  return {
    method: becomesGet ? 'GET' : hop.method,
    url,
    headers: Object.fromEntries(Object.entries(hop.headers).filter(([name]) => isKept(name))),
    body,
  };
}

function isSecret(name: string, { secretHeaders, confidential }: Secrecy): boolean {
  if (confidential) return !HARMLESS_HEADERS.includes(name);
  return CREDENTIAL_HEADERS.includes(name) || secretHeaders.includes(name);
}
