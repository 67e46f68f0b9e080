import { ToolError } from '../tool-error.js';

/** An address of a message. */
export interface EmailAddress {
  readonly name: string;
  readonly address: string;
}

/** Nothing in it that has a meaning in a header or in a command. */
const plainAddress = /^[^\s@<>()[\]\\,;:"\p{Cc}]{1,64}@[^\s@<>()[\]\\,;:"\p{Cc}]{1,255}$/u;
/** `Name <address>`; the name may be quoted. */
const withName = /^(?:"((?:[^"\\\p{Cc}]|\\["\\])*)"|([^"<>,;:@\\\p{Cc}]*))\s*<([^<>]*)>$/u;

/**
 * Reads one address, `ada@example.com` or `Ada <ada@example.com>`. One text is one address, so that whoever fills in a
 * part of it can't add others.
 * @param field for people, such as `to`
 * @throws ToolError
 */
export function parseAddress(text: string, field: string): EmailAddress {
  const [, quoted, bare, inside] = withName.exec(text.trim()) ?? [];
  const address = (inside ?? text).trim();
  if (!plainAddress.test(address)) {
    const message = `"${field}" has ${JSON.stringify(text)}, which is not one address; several are a list of texts.`;
    throw new ToolError('input-invalid', message, false);
  }
  return { name: (quoted?.replace(/\\(.)/g, '$1') ?? bare ?? '').trim(), address };
}
