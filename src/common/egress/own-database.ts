import { parseIpAddress } from './ip-address.js';
import type { Place } from './address-policy.js';
import type { Lookup } from './egress.types.js';

const FRESH_MS = 5_000;
const NONE: ReadonlySet<string> = new Set();

/** Knows the addresses of Seer's own database, which may move. */
export class OwnDatabase {
  #addresses: Promise<ReadonlySet<string>> = Promise.resolve(NONE);
  #freshUntil = 0;

  constructor(
    private readonly place: Place | undefined,
    private readonly lookup: Lookup,
  ) {}

  /**
   * The database's addresses, looked up at most every few seconds; none at another port than its own. When its name
   * can't be resolved, those from before: the policy's other rules hold in any case.
   */
  async addressesAt(port: number): Promise<ReadonlySet<string>> {
    if (this.place?.port !== port) return NONE;
    if (performance.now() >= this.#freshUntil) {
      this.#freshUntil = performance.now() + FRESH_MS;
      this.#addresses = this.#lookUp(this.place.host, this.#addresses);
    }
    return await this.#addresses;
  }

  async #lookUp(host: string, before: Promise<ReadonlySet<string>>): Promise<ReadonlySet<string>> {
    try {
      const answers = await this.lookup(host);
      return new Set(answers.map(({ address }) => parseIpAddress(address)?.toString() ?? address));
    } catch {
      return await before;
    }
  }
}
