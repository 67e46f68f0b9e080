/** Characters that are looked at to tell whether one of the texts may begin somewhere. */
export const HEAD = 4;

/** Stands where a text was cut: see {@link cut}. */
const CUT = '…';

/** A text without its end, marked as such, so that a secret that was cut with it is known for one. */
export function cut(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length)}${CUT}`;
}

/**
 * Finds texts in others, in one pass for all of them: a table of their first characters says in next to no time that none
 * begins at a place.
 */
export class TextFinder {
  private readonly table = new Uint8Array(0x1_0000);
  private readonly byHead = new Map<string, string[]>();

  /** @param texts shorter ones than {@link HEAD} are never found */
  constructor(texts: Iterable<string>) {
    for (const text of texts) {
      if (text.length < HEAD) continue;
      const head = text.slice(0, HEAD);
      const known = this.byHead.get(head);
      if (known) known.push(text);
      else this.byHead.set(head, [text]);
      this.table[hashOf(head)] = 1;
    }
    // One may be the beginning of another.
    for (const known of this.byHead.values()) known.sort((a, b) => b.length - a.length);
  }

  /**
   * Puts something else in place of each of the texts, also of the beginning of one that ends where the whole was cut.
   * @param more whether the text goes on: what may be the beginning of one is not decided yet
   * @returns the new text, and how much of the old one is not in it
   */
  replace(text: string, instead: string, more = false): { text: string; undecided: number } {
    let replaced = '';
    let done = 0;
    let hash = 0;
    for (let end = 0; end < text.length; end++) {
      hash = next(hash, text.charCodeAt(end));
      const at = end - HEAD + 1;
      if (at < done || this.table[hash] === 0) continue;
      if (more && this.mayBegin(text, at))
        return { text: replaced + text.slice(done, at), undecided: text.length - at };
      const length = this.lengthAt(text, at);
      if (length === 0) continue;
      replaced += text.slice(done, at) + instead;
      done = at + length;
    }
    const undecided = more ? this.shortBeginning(text, done) : 0;
    return { text: replaced + text.slice(done, text.length - undecided), undecided };
  }

  /** How long the longest one is that stands there, or stood there before the end was cut off. */
  private lengthAt(text: string, at: number): number {
    const candidates = this.byHead.get(text.slice(at, at + HEAD)) ?? [];
    for (const candidate of candidates) if (text.startsWith(candidate, at)) return candidate.length;
    for (const candidate of candidates) {
      const mark = text.indexOf(CUT, at);
      const length = mark - at;
      if (length >= HEAD && length < candidate.length && candidate.startsWith(text.slice(at, mark))) return length;
    }
    return 0;
  }

  /** Whether the text ends within one that begins there. */
  private mayBegin(text: string, at: number): boolean {
    const candidates = this.byHead.get(text.slice(at, at + HEAD)) ?? [];
    const length = text.length - at;
    return candidates.some((candidate) => candidate.length > length && candidate.startsWith(text.slice(at)));
  }

  /** How many of the last characters, too few to be in the table, are the beginning of one. */
  private shortBeginning(text: string, from: number): number {
    const heads = [...this.byHead.keys()];
    for (let length = Math.min(HEAD - 1, text.length - from); length > 0; length--) {
      const end = text.slice(text.length - length);
      if (heads.some((head) => head.startsWith(end))) return length;
    }
    return 0;
  }
}

/** Depends on the last four characters only: what came before them has been shifted out. */
function next(hash: number, code: number): number {
  return ((hash << 4) ^ code) & 0xffff;
}

function hashOf(head: string): number {
  let hash = 0;
  for (let index = 0; index < HEAD; index++) hash = next(hash, head.charCodeAt(index));
  return hash;
}
