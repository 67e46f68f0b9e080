import { domainToASCII } from 'node:url';
import ipaddr from 'ipaddr.js';
import { type IpAddress, parseIpAddress } from './ip-address.js';

/** One entry of `SEER_EGRESS_ALLOW`. Without a port it opens every port. A single address is a network of one. */
export type AllowRule =
  | { readonly kind: 'network'; readonly base: IpAddress; readonly prefix: number; readonly port?: number }
  | { readonly kind: 'host'; readonly host: string; readonly port?: number };

/** An entry of the operator's allow-list that cannot be understood. */
export class InvalidAllowEntryError extends Error {
  readonly code = 'invalid-egress-allow-entry';

  constructor(entry: string, problem: string) {
    super(
      `The egress allow-list entry "${entry}" ${problem}. ` +
        'Write a network, an address or a host name, each with an optional port, ' +
        'such as 10.1.0.0/16, 192.168.1.4:8080, [fd00::1]:443 or db.internal:5432.',
    );
    this.name = 'InvalidAllowEntryError';
  }
}

// The last label starts with a letter: a name ending in a number is an IPv4 address to a URL parser.
const HOST_NAME = /^(?:[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?\.)*[a-z](?:[a-z0-9_-]*[a-z0-9_])?$/;
const BRACKETED = /^\[(?<subject>[^\]]*)\](?::(?<port>.*))?$/;
const PLAIN = /^(?<subject>[^:]*)(?::(?<port>.*))?$/;

/**
 * Parses the operator's allow-list: entries separated by commas, blanks ignored.
 *
 * @throws InvalidAllowEntryError naming the first entry that is wrong.
 */
export function parseAllowList(text: string): AllowRule[] {
  return text
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '')
    .map(parseEntry);
}

/** Whether a rule opens this address and port, by its network or because the address came from resolving its host. */
export function ruleMatches(rule: AllowRule, host: string, address: IpAddress, port: number): boolean {
  if (rule.port !== undefined && rule.port !== port) return false;
  if (rule.kind === 'host') return rule.host === canonicalHost(host);
  return rule.base.kind() === address.kind() && address.match(rule.base, rule.prefix);
}

/** Whether a rule names one address, not a wider network or a name. */
export function isSingleAddress(rule: AllowRule): boolean {
  return rule.kind === 'network' && rule.prefix === addressBits(rule.base);
}

function parseEntry(entry: string): AllowRule {
  const { subject, port } = splitPort(entry);
  const rule = subject.includes('/') ? parseNetwork(entry, subject) : parseAddressOrHost(entry, subject);
  return port === undefined ? rule : { ...rule, port: parsePort(entry, port) };
}

function splitPort(entry: string): { subject: string; port?: string } {
  const isBareIpv6 = !entry.startsWith('[') && entry.split(':').length > 2;
  if (isBareIpv6) return { subject: entry };
  const parts = (BRACKETED.exec(entry) ?? PLAIN.exec(entry))?.groups;
  return { subject: parts?.['subject'] ?? entry, port: parts?.['port'] };
}

function parseNetwork(entry: string, subject: string): AllowRule {
  const isNetwork = ipaddr.IPv4.isValidCIDRFourPartDecimal(subject) || ipaddr.IPv6.isValidCIDR(subject);
  if (!isNetwork) throw new InvalidAllowEntryError(entry, 'is not a valid network');
  const [base, prefix] = ipaddr.parseCIDR(subject);
  return { kind: 'network', base, prefix };
}

function parseAddressOrHost(entry: string, subject: string): AllowRule {
  const base = parseIpAddress(subject);
  if (base !== undefined) return { kind: 'network', base, prefix: addressBits(base) };

  const host = canonicalHost(subject);
  if (!HOST_NAME.test(host)) throw new InvalidAllowEntryError(entry, 'is neither an IP address nor a host name');
  return { kind: 'host', host };
}

function parsePort(entry: string, text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : NaN;
  if (!(port >= 1 && port <= 65_535)) {
    throw new InvalidAllowEntryError(entry, `has the port "${text}", which is not a number from 1 to 65535`);
  }
  return port;
}

function addressBits(address: IpAddress): number {
  return address.kind() === 'ipv4' ? 32 : 128;
}

/** One spelling per host name: ASCII, lower case, no final dot. */
export function canonicalHost(host: string): string {
  return domainToASCII(host).replace(/\.$/, '');
}
