/** A map that keeps what was used last, up to a total weight. The weight of an entry is the length of its key. */
export class BoundedCache<V> {
  // A Map iterates in the order of insertion: the first key is the one used longest ago.
  private readonly entries = new Map<string, V>();
  private weight = 0;

  constructor(private readonly maxWeight: number) {}

  get(key: string): V | undefined {
    const value = this.entries.get(key);
    if (value === undefined) return undefined;
    this.entries.delete(key);
    this.entries.set(key, value);
    return value;
  }

  set(key: string, value: V): void {
    if (!this.entries.has(key)) this.weight += key.length + 1;
    this.entries.set(key, value);
    for (const oldest of this.entries.keys()) {
      if (this.weight <= this.maxWeight) break;
      this.entries.delete(oldest);
      this.weight -= oldest.length + 1;
    }
  }

  /** Answers from the cache, or makes the value and keeps it. What throws is not kept. */
  getOrMake(key: string, make: () => V): V {
    const known = this.get(key);
    if (known !== undefined) return known;
    const made = make();
    this.set(key, made);
    return made;
  }
}
