/** A column whose values are encrypted: what it takes to encrypt them all anew with another key. */
export interface EncryptedColumn {
  readonly table: string;
  readonly column: string;
  /** SQL that tells the `row` of the value's place. Unique in the table. */
  readonly row: string;
  /** SQL that tells the `owner` of the value's place. */
  readonly owner: string;
}

/** DI token of the list of all of them. */
export const ENCRYPTED_COLUMNS = Symbol('encrypted columns');
