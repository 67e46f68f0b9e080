/** Where an encrypted value lies and whose it is. It opens in this very place only. */
export interface Place {
  /** Table and column as the database calls them. */
  readonly table: string;
  readonly column: string;
  /** Public id of the row. */
  readonly row: string;
  /** Id of the user it belongs to; `seer` for what belongs to the installation. */
  readonly owner: string;
}

/** The place as one text, different for each: for key management services that take associated data. */
export function textOf({ table, column, row, owner }: Place): string {
  return JSON.stringify([table, column, row, owner]);
}
