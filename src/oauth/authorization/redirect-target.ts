import { RedirectNotAllowedError } from '../oauth.errors.js';

const MAX_CHARACTERS = 2_048;

/**
 * Where a browser is sent at the end, if that is an address of an origin that the operator allows.
 * @returns the address as a parser understands it: what is checked is what is used
 * @throws RedirectNotAllowedError for everything else, however it is spelt
 */
export function redirectTarget(given: string, allowed: readonly string[]): string {
  // Browsers take backslashes for slashes and drop tabs and line breaks: nobody has an honest reason for those.
  const isPlain = /^https?:\/\/[\x21-\x7e]+$/.test(given) && !given.includes('\\') && given.length <= MAX_CHARACTERS;
  const url = isPlain ? URL.parse(given) : null;
  if (!url || url.username !== '' || url.password !== '' || !allowed.includes(url.origin)) {
    throw new RedirectNotAllowedError(allowed);
  }
  return url.href;
}

/** The address with these added to its query. */
export function withParameters(target: string, parameters: Readonly<Record<string, string>>): string {
  const url = new URL(target);
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  return url.href;
}
