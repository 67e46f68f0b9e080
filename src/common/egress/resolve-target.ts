import type { LookupAddress } from 'node:dns';
import { lookup as dnsLookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { networkInterfaces } from 'node:os';
import { judgeTarget } from './address-policy.js';
import { EgressDeniedError, EgressDnsFailureError } from './egress.errors.js';
import type { EgressOptions, Lookup } from './egress.types.js';
import { errorCode } from './error-code.js';

/** The judged addresses of a host: at least one. */
export type AllowedAddresses = readonly [LookupAddress, ...LookupAddress[]];

/**
 * Resolves a host once and judges every address. Connect only to what this returns: resolving again could give
 * another answer (DNS rebinding).
 *
 * @returns the allowed addresses in the resolver's order
 * @throws EgressDeniedError when no address is allowed
 * @throws EgressDnsFailureError when there is no address at all
 */
export async function resolveTarget(host: string, port: number, options: EgressOptions): Promise<AllowedAddresses> {
  const machineAddresses = addressesOfThisMachine();
  const allowed: LookupAddress[] = [];
  let denied: EgressDeniedError | undefined;
  for (const candidate of await addressesOf(host, options.lookup ?? systemLookup)) {
    const target = { host, address: candidate.address, port };
    const refusal = judgeTarget(target, options, machineAddresses);
    if (refusal) denied ??= new EgressDeniedError(target, refusal);
    else allowed.push(candidate);
  }
  const [first, ...others] = allowed;
  if (first === undefined) throw denied ?? new EgressDnsFailureError(host, false);
  return [first, ...others];
}

const systemLookup: Lookup = (host) => dnsLookup(host, { all: true });

async function addressesOf(host: string, lookup: Lookup): Promise<LookupAddress[]> {
  const family = isIP(host);
  if (family !== 0) return [{ address: host, family }];
  try {
    return await lookup(host);
  } catch (error) {
    const isUnknownName = errorCode(error) === 'ENOTFOUND';
    throw new EgressDnsFailureError(host, !isUnknownName, { cause: error });
  }
}

function addressesOfThisMachine(): ReadonlySet<string> {
  const interfaces = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  return new Set(interfaces.map(({ address }) => address));
}
