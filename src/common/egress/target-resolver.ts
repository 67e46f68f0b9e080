import type { LookupAddress } from 'node:dns';
import { lookup as dnsLookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { networkInterfaces } from 'node:os';
import { judgeTarget } from './address-policy.js';
import { EgressDeniedError, EgressDnsFailureError } from './egress.errors.js';
import type { EgressOptions, Lookup } from './egress.types.js';
import { errorCode } from './error-code.js';
import { OwnDatabase } from './own-database.js';

/** The judged addresses of a host: at least one. */
export type AllowedAddresses = readonly [LookupAddress, ...LookupAddress[]];

/** Finds where a host may be reached. */
export class TargetResolver {
  readonly #lookup: Lookup;
  readonly #ownDatabase: OwnDatabase;

  constructor(private readonly options: EgressOptions) {
    this.#lookup = addressOr(options.lookup ?? systemLookup);
    this.#ownDatabase = new OwnDatabase(options.ownDatabase, this.#lookup);
  }

  /**
   * Resolves a host once and judges every address. Connect only to what this returns: resolving again could give
   * another answer (DNS rebinding).
   *
   * @returns the allowed addresses in the resolver's order
   * @throws EgressDeniedError when no address is allowed
   * @throws EgressDnsFailureError when there is no address at all
   */
  async resolve(host: string, port: number): Promise<AllowedAddresses> {
    const candidates = await this.#addressesOf(host);
    const own = { machine: addressesOfThisMachine(), database: await this.#ownDatabase.addressesAt(port) };
    const allowed: LookupAddress[] = [];
    let denied: EgressDeniedError | undefined;
    for (const candidate of candidates) {
      const target = { host, address: candidate.address, port };
      const refusal = judgeTarget(target, this.options, own);
      if (refusal) denied ??= new EgressDeniedError(target, refusal);
      else allowed.push(candidate);
    }
    const [first, ...others] = allowed;
    if (first === undefined) throw denied ?? new EgressDnsFailureError(host, false);
    return [first, ...others];
  }

  async #addressesOf(host: string): Promise<LookupAddress[]> {
    try {
      return await this.#lookup(host);
    } catch (error) {
      const isUnknownName = errorCode(error) === 'ENOTFOUND';
      throw new EgressDnsFailureError(host, !isUnknownName, { cause: error });
    }
  }
}

const systemLookup: Lookup = (host) => dnsLookup(host, { all: true });

/** An address is its own answer; no resolver is asked. */
function addressOr(lookup: Lookup): Lookup {
  return async (host) => {
    const family = isIP(host);
    return family === 0 ? await lookup(host) : [{ address: host, family }];
  };
}

function addressesOfThisMachine(): ReadonlySet<string> {
  const interfaces = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  return new Set(interfaces.map(({ address }) => address));
}
