import { type Connection, type FieldDef, type QueryResult } from 'pg';
import Cursor from 'pg-cursor';
import { ToolError } from '../tool-error.js';
import { asText } from './seer-client.js';

/** A row as the server writes it. */
export type TextRow = (string | null)[];

/** What a statement gave. */
export interface Fetched {
  readonly fields: readonly FieldDef[];
  readonly rows: readonly TextRow[];
  /** Rows affected or returned, as the server counts them; null: there were more rows than were asked for. */
  readonly count: number | null;
}

/** So many rows are under way at a time. */
const BATCH = 500;

/** How pg puts an end to a COPY. */
interface CopyConnection extends Connection {
  sendCopyFail(reason: string): void;
}

/** A cursor of pg's that also knows what to do with COPY: without these, a COPY would end the process. */
export class RowCursor extends Cursor<TextRow> {
  constructor(text: string, values: readonly (string | Buffer | null)[]) {
    super(text, [...values], { rowMode: 'array', types: asText });
  }

  /**
   * Reads to the end, or one row more than `most`.
   * @param closed whether the portal is to be closed before its end: what a statement writes is done by then anyway
   */
  async fetch(most: number): Promise<Fetched> {
    const rows: TextRow[] = [];
    while (true) {
      const wanted = Math.min(BATCH, most + 1 - rows.length);
      const { batch, result } = await this.batch(wanted);
      for (const row of batch) rows.push(row);
      if (batch.length < wanted) return { fields: result.fields, rows, count: result.rowCount ?? 0 };
      if (rows.length > most) {
        await this.close();
        return { fields: result.fields, rows: rows.slice(0, most), count: null };
      }
    }
  }

  private batch(wanted: number): Promise<{ batch: TextRow[]; result: QueryResult }> {
    return new Promise((resolve, reject) => {
      this.read(wanted, (error, batch, result) => (error ? reject(error) : resolve({ batch, result })));
    });
  }

  // What pg calls, by name.

  handleCopyInResponse(connection: CopyConnection): void {
    connection.sendCopyFail('COPY FROM STDIN has nothing to read here');
  }

  handleCopyData(_message: unknown, connection: Connection): void {
    connection.stream.destroy(new ToolError('upstream-refused', 'COPY TO STDOUT gives no rows; use a query.', false));
  }
}
