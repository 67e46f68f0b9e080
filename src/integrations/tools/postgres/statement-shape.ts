import { type Connection, type Submittable } from 'pg';

/** What the server says about a statement before it runs. */
export interface StatementShape {
  /** Oid of the type of each parameter. */
  readonly parameters: readonly number[];
  readonly returnsRows: boolean;
}

/**
 * Asks the server what a statement is, without running it: Parse, Describe and Sync of the extended protocol, in which a
 * text is one statement or an error. For `client.query`; `shape` has the answer.
 */
export class DescribeStatement implements Submittable {
  readonly shape: Promise<StatementShape>;
  private readonly answer = Promise.withResolvers<StatementShape>();
  private parameters: readonly number[] = [];
  private returnsRows = false;
  private failed = false;

  constructor(private readonly text: string) {
    this.shape = this.answer.promise;
  }

  submit(connection: Connection): void {
    connection.once('parameterDescription', ({ dataTypeIDs }: { dataTypeIDs: number[] }) => {
      this.parameters = dataTypeIDs;
    });
    connection.parse({ name: '', text: this.text, types: [] }, true);
    connection.describe({ type: 'S', name: '' }, true);
    connection.sync();
  }

  // What pg calls, by name.

  handleRowDescription(): void {
    this.returnsRows = true;
  }

  handleError(error: Error): void {
    this.failed = true;
    this.answer.reject(error);
  }

  handleReadyForQuery(): void {
    if (this.failed) return;
    const { parameters, returnsRows } = this;
    this.answer.resolve({ parameters, returnsRows });
  }
}
