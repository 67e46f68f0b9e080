/** A map of bounded weight that forgets what was used longest ago. */
export class LruCache<Key, Value> {
  // A Map iterates in the order of insertion: the first key is the one used longest ago.
  private readonly entries = new Map<Key, Value>();
  private weight = 0;

  /** @param weigh what an entry counts by its key; 1 when left out, so that `capacity` is a number of entries */
  constructor(
    private readonly capacity: number,
    private readonly weigh: (key: Key) => number = () => 1,
  ) {}

  get(key: Key): Value | undefined {
    const value = this.entries.get(key);
    if (value === undefined) return undefined;
    this.entries.delete(key);
    this.entries.set(key, value);
    return value;
  }

  set(key: Key, value: Value): void {
    this.delete(key);
    this.entries.set(key, value);
    this.weight += this.weigh(key);
    for (const oldest of this.entries.keys()) {
      if (this.weight <= this.capacity) break;
      this.delete(oldest);
    }
  }

  delete(key: Key): void {
    if (this.entries.delete(key)) this.weight -= this.weigh(key);
  }

  /** Answers from the cache, or makes the value and keeps it. What throws is not kept. */
  getOrMake(key: Key, make: () => Value): Value {
    const known = this.get(key);
    if (known !== undefined) return known;
    const made = make();
    this.set(key, made);
    return made;
  }
}

/** The weight of a text: what it takes up, and a little for the entry itself. */
export const byLength = (key: string): number => key.length + 1;
