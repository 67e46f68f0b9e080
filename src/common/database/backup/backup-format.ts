/**
 * A backup is a gzipped text: a line of JSON (the header), the rows of each table in PostgreSQL's text format of COPY, each
 * table ended by a line `\.`, and a last line of JSON (the trailer).
 */
export interface BackupHeader {
  /** Version of this format. */
  readonly seer_backup: 1;
  readonly created_at: string;
  /** Names of the migrations of the database, the oldest first: it can be restored into the same schema only. */
  readonly migrations: readonly string[];
  /** Version of the schema of jobs. */
  readonly jobs_version: number;
  /** In the order in which their rows follow. */
  readonly tables: readonly BackupTable[];
  /** Last numbers by name of the sequence. */
  readonly sequences: Readonly<Record<string, string>>;
}

export interface BackupTable {
  readonly schema: string;
  readonly name: string;
  /** In the order of the fields of each row. */
  readonly columns: readonly string[];
}

export interface BackupTrailer {
  readonly rows: number;
  /** Of everything before the trailer, in hexadecimal. */
  readonly sha256: string;
}

/** The line that ends the rows of a table. */
export const END_OF_ROWS = '\\.\n';
