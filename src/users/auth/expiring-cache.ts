import { LruCache } from '../../common/lru-cache.js';

/**
 * What was looked up a moment ago: bounded in size and age. An entry that is deleted while its look-up is on the way
 * does not come back with it, so a deletion is never undone by a reader that was slower.
 */
export class ExpiringCache<Value> {
  private entries: LruCache<string, { value: Value; until: number }>;
  private deletions = 0;

  /** @param options.now monotonic milliseconds, so that a jump of the clock can't keep an entry alive. */
  constructor(private readonly options: { capacity: number; ttlMs: number; now?: () => number }) {
    this.entries = new LruCache(options.capacity);
  }

  /** The cached value, else what `load` finds; a look-up that finds nothing is not remembered. */
  async getOrLoad<Found extends Value | undefined>(key: string, load: () => Promise<Found>): Promise<Value | Found> {
    const entry = this.entries.get(key);
    if (entry && this.now() < entry.until) return entry.value;
    const deletionsBefore = this.deletions;
    const value = await load();
    if (value !== undefined && this.deletions === deletionsBefore) {
      this.entries.set(key, { value, until: this.now() + this.options.ttlMs });
    }
    return value;
  }

  delete(key: string): void {
    this.deletions++;
    this.entries.delete(key);
  }

  clear(): void {
    this.deletions++;
    this.entries = new LruCache(this.options.capacity);
  }

  private now(): number {
    return this.options.now?.() ?? performance.now();
  }
}
