import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

export type IpAddress = ipaddr.IPv4 | ipaddr.IPv6;

/**
 * Parses an address in its standard notation; a zone (`%eth0`) is left out. IPv4-mapped IPv6 (`::ffff:127.0.0.1`)
 * becomes the IPv4 address that a socket really connects to.
 */
export function parseIpAddress(text: string): IpAddress | undefined {
  const [address = ''] = text.split('%');
  const version = isIP(address);
  if (version === 0) return undefined;
  return ipaddr.process(version === 4 ? address : withoutDottedTail(address));
}

/** ipaddr.js takes `::127.0.0.1` for IPv4-mapped, which it is not (RFC 4291 section 2.5.5); a URL writes hexadecimal. */
function withoutDottedTail(address: string): string {
  return new URL(`http://[${address}]/`).hostname.slice(1, -1);
}
