import type { EntityManager } from '@mikro-orm/postgresql';
import { keyIdOf, open, seal } from '../ciphertext.js';
import type { EncryptedColumn } from '../encrypted-column.js';
import { CiphertextError } from '../encryption.errors.js';
import type { KeyRing } from '../key-ring.js';
import { replaceValues, type StoredValue, valuesNotUnder } from './encrypted-values.js';
import type { UnreadableValue } from './encryption-rotation.entity.js';

/** Values that one statement replaces: their rows are locked for some milliseconds. */
const BATCH = 100;
/** How many of the values that do not decrypt are named. */
const NAMED = 100;

/** Values that do not decrypt: how many a pass has met, and the first of them. */
export interface Unreadable {
  readonly count: number;
  readonly first: readonly UnreadableValue[];
}

/** One pass over all encrypted columns that puts their values under one key; what others change meanwhile is left to them. */
export class Reencryption {
  private readonly first: UnreadableValue[] = [];
  private count = 0;

  constructor(
    private readonly em: EntityManager,
    private readonly ring: KeyRing,
    private readonly keyId: string,
  ) {}

  /** @throws the reason of the signal, between two statements, when it is aborted. */
  async run(columns: readonly EncryptedColumn[], signal: AbortSignal): Promise<Unreadable> {
    for (const column of columns) {
      for await (const values of valuesNotUnder(this.em, column, this.keyId)) {
        for (let at = 0; at < values.length; at += BATCH) {
          signal.throwIfAborted();
          await this.exchange(column, values.slice(at, at + BATCH));
        }
      }
    }
    return { count: this.count, first: this.first };
  }

  private async exchange(column: EncryptedColumn, values: readonly StoredValue[]): Promise<void> {
    const replacements = values.flatMap((stored) => {
      const to = this.anew(column, stored);
      return to === undefined ? [] : [{ ctid: stored.ctid, from: stored.value, to }];
    });
    if (replacements.length === 0) return;
    await replaceValues(this.em, column, replacements);
  }

  /** The value under the new key; undefined when it does not decrypt, which must not stop the others. */
  private anew({ table, column }: EncryptedColumn, { row, owner, value }: StoredValue): string | undefined {
    const place = { table, column, row, owner };
    try {
      return seal(open(value, this.ring.keys, place), this.ring.keys.get(this.keyId)!, place);
    } catch (error) {
      if (!(error instanceof CiphertextError)) throw error;
      this.count++;
      if (this.first.length < NAMED) this.first.push({ table, column, row, key_id: keyIdOf(value) ?? null });
      return undefined;
    }
  }
}
