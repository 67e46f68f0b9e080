import ipaddr from 'ipaddr.js';
import { type AllowRule, canonicalHost, isSingleAddress, ruleMatches } from './allow-list.js';
import { type IpAddress, parseIpAddress } from './ip-address.js';

/** Where something listens. */
export interface Place {
  readonly host: string;
  readonly port: number;
}

/** What the operator opened beyond the public internet. */
export interface EgressPolicy {
  /** Private targets that are allowed, from `SEER_EGRESS_ALLOW`. */
  readonly allow: readonly AllowRule[];
  /** Allows loopback addresses; the default of embedded development. */
  readonly allowLoopback: boolean;
  /** Ports that Seer and its database listen on. On this machine they are refused whatever else is allowed. */
  readonly ownPorts: ReadonlySet<number>;
  /** Where Seer's database is, on whatever machine: it is refused whatever else is allowed. */
  readonly ownDatabase?: Place;
}

/** The addresses behind which Seer itself is. */
export interface OwnAddresses {
  /** Every address of this machine's network interfaces. */
  readonly machine: ReadonlySet<string>;
  /** Where the name of Seer's database leads to. */
  readonly database: ReadonlySet<string>;
}

/** A connection about to be made: the host that was asked for, and the address it resolved to. */
export interface EgressTarget {
  readonly host: string;
  readonly address: string;
  readonly port: number;
}

/** Why a target is refused. */
export interface Refusal {
  /** Ends the sentence "<address> …". */
  readonly reason: string;
  /** The entry of `SEER_EGRESS_ALLOW` that would open the target; absent where nothing may. */
  readonly allowEntry?: string;
}

/** The only IPv6 space handed out for public unicast (IANA IPv6 Global Unicast Address Space). */
const PUBLIC_IPV6 = ipaddr.IPv6.parseCIDR('2000::/3');

/** Cloud metadata services hand out credentials; some have addresses that look public or merely private. */
const METADATA_ADDRESSES: ReadonlySet<string> = new Set([
  '169.254.169.254', // AWS, Azure, Google Cloud, DigitalOcean, Oracle …
  '169.254.170.2', // AWS ECS task credentials
  '169.254.170.23', // AWS EKS pod identity
  '169.254.42.42', // Scaleway
  '168.63.129.16', // Azure WireServer
  '100.100.100.200', // Alibaba Cloud
  '192.0.0.192', // Oracle Cloud, classic
  'fd00:ec2::254', // AWS
  'fd00:ec2::23', // AWS EKS pod identity
  'fd00:42::42', // Scaleway
  'fd20:ce::254', // Google Cloud
]);

/**
 * Judges one target. Only public unicast addresses pass by themselves; the operator's rules open others. A metadata
 * address is opened only by a rule naming exactly that address, Seer's own ports and database by none.
 *
 * @returns undefined when the target is allowed
 */
export function judgeTarget(target: EgressTarget, policy: EgressPolicy, own: OwnAddresses): Refusal | undefined {
  const address = parseIpAddress(target.address);
  if (address === undefined) return { reason: 'is not an IP address' };

  const isThisMachine = isLoopbackOrUnspecified(address) || own.machine.has(address.toString());
  if (isThisMachine && policy.ownPorts.has(target.port)) {
    return { reason: `is this machine and ${target.port} is one of Seer's own ports` };
  }

  if (isOwnDatabase(target, address, policy, own)) return { reason: "is Seer's own database" };

  const isMetadata = METADATA_ADDRESSES.has(address.toString());
  const isOpened = policy.allow.some(
    (rule) => ruleMatches(rule, target.host, address, target.port) && (!isMetadata || isSingleAddress(rule)),
  );
  if (isOpened || (policy.allowLoopback && address.range() === 'loopback')) return undefined;

  const reason = isMetadata ? 'is a cloud metadata service' : whyNotPublic(address);
  return reason === undefined ? undefined : { reason, allowEntry: allowEntryFor(address, target.port) };
}

function isOwnDatabase(
  target: EgressTarget,
  address: IpAddress,
  { ownDatabase }: EgressPolicy,
  own: OwnAddresses,
): boolean {
  if (ownDatabase?.port !== target.port) return false;
  // By its name too, for when that cannot be resolved.
  return own.database.has(address.toString()) || canonicalHost(target.host) === canonicalHost(ownDatabase.host);
}

function isLoopbackOrUnspecified(address: IpAddress): boolean {
  return ['loopback', 'unspecified'].includes(address.range());
}

function whyNotPublic(address: IpAddress): string | undefined {
  const range = address.range();
  if (range !== 'unicast') return `is not a public address (${range})`;
  // ipaddr.js calls unassigned space and ::127.0.0.1 (IPv4-compatible, RFC 4291) unicast.
  const isUnassigned = address.kind() === 'ipv6' && !address.match(PUBLIC_IPV6);
  return isUnassigned ? 'is not a public address (outside 2000::/3)' : undefined;
}

function allowEntryFor(address: IpAddress, port: number): string {
  const text = address.toString();
  return address.kind() === 'ipv4' ? `${text}:${port}` : `[${text}]:${port}`;
}
