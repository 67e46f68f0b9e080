/** Random things that are the same in every run (mulberry32). */
export class Random {
  constructor(private state: number) {}

  /** An integer from 0, below `limit`. */
  below(limit: number): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * limit);
  }

  bytes(length: number): Buffer {
    return Buffer.from(Array.from({ length }, () => this.below(256)));
  }

  letters(length: number): string {
    const alphabet = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';
    return Array.from({ length }, () => alphabet[this.below(alphabet.length)]).join('');
  }

  unicode(length: number): string {
    const characters = ['a', '"', '\\', '\0', '\n', '\u007f', 'é', 'ß', '�', '日', '😀', '👩‍👩‍👧', '\ufeff', '\u2028'];
    return Array.from({ length }, () => characters[this.below(characters.length)]).join('');
  }
}

/** Bodies of every kind that is text; `binary` ones are not. */
export function bodyOf(random: Random, nth: number, kinds: { empty: boolean; binary: boolean }): Buffer {
  if (nth === 0) return Buffer.from('x'.repeat(1_048_576));
  switch (nth % 5) {
    case 0:
      return kinds.empty ? Buffer.alloc(0) : Buffer.from(' ');
    case 1:
      return kinds.binary ? random.bytes(random.below(500)) : Buffer.from(`\ufeff${random.unicode(20)}`);
    case 2:
      return Buffer.from(random.unicode(1 + random.below(300)));
    case 3:
      return Buffer.from(`payload=${encodeURIComponent(random.unicode(40))}`);
    default:
      return Buffer.from(
        JSON.stringify({
          id: `evt_${random.letters(24)}`,
          text: random.unicode(50).replaceAll('\0', ''),
          n: random.below(9),
        }),
      );
  }
}
