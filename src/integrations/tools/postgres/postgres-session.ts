import { once } from 'node:events';
import { type Socket } from 'node:net';
import pg from 'pg';
import { type DatabaseIdentity, identityQueries } from '../../../common/database/database-guard.js';
import { type Access, resourceOf } from '../../credentials/access.js';
import { ToolError } from '../tool-error.js';
import { postgresError } from './postgres-errors.js';
import { type PostgresMetadata } from './postgres-metadata.js';
import { openStream } from './postgres-stream.js';
import { type Fetched, RowCursor } from './row-cursor.js';
import { SeerClient } from './seer-client.js';
import { DescribeStatement, type StatementShape } from './statement-shape.js';

/** Time to reach the server and be let in. */
const CONNECT_MS = 10_000;
/** The server ends a statement itself; when it doesn't, we do, so much later. */
const GRACE_MS = 2_000;
/** Time to tell a server that a statement is not wanted any more. */
const CANCEL_MS = 2_000;
/** Bytes that come from the server, at most: of these 1 MB can become an output. */
const MAX_BYTES = 16 * 1024 * 1024;
/** A statement waits no longer for a lock. */
const LOCK_MS = 10_000;
/** SQLSTATEs: it may not be called; there is no such function. */
const INSUFFICIENT_PRIVILEGE = '42501';
const UNDEFINED_FUNCTION = '42883';

export interface SessionOptions {
  readonly timeoutMs: number;
  readonly write: boolean;
}

/**
 * One transaction on the database of a resource: nothing outlives it, neither here nor on the server, so it works through
 * poolers that hand a connection on after each transaction.
 * @throws ToolError, EgressError, or the signal's reason
 */
export async function inPostgres<Result>(
  access: Access,
  options: SessionOptions,
  work: (session: PostgresSession) => Promise<Result>,
): Promise<Result> {
  const { host } = resourceOf(access).metadata as PostgresMetadata;
  const late = AbortSignal.timeout(CONNECT_MS + options.timeoutMs + GRACE_MS);
  const signal = AbortSignal.any([access.signal, late]);
  let session: PostgresSession | undefined;
  try {
    session = await PostgresSession.open(access, signal);
    await session.begin(options);
    const result = await work(session);
    await session.end(options.write);
    return result;
  } catch (error) {
    await session?.abandon();
    access.signal.throwIfAborted();
    if (late.aborted) throw new ToolError('node-timeout', `${host} did not answer in time.`, true);
    throw postgresError(error, host);
  }
}

/** A connection with a transaction in it. Everything on it fails when it breaks or its signal aborts. */
export class PostgresSession {
  private readonly broken = Promise.withResolvers<never>();
  private isBroken = false;

  private constructor(
    private readonly access: Access,
    private readonly stream: Socket,
    private readonly client: SeerClient,
    private readonly signal: AbortSignal,
  ) {
    this.broken.promise.catch(() => {});
    client.on('error', (error) => this.break(error));
    stream.once('error', (error) => this.break(error));
    client.once('end', () => this.break(closed()));
    signal.addEventListener('abort', this.onAbort);
    if (signal.aborted) this.onAbort();
    else if (stream.destroyed) this.break(stream.errored ?? closed());
  }

  static async open(access: Access, signal: AbortSignal): Promise<PostgresSession> {
    const { metadata, secrets } = resourceOf(access);
    const limits = { signal, timeoutMs: CONNECT_MS, maxBytes: MAX_BYTES };
    const stream = await openStream(access.egress, metadata as PostgresMetadata, limits);
    const client = new SeerClient(stream, metadata as PostgresMetadata, secrets.password ?? '');
    const session = new PostgresSession(access, stream, client, signal);
    const slow = setTimeout(() => session.break(new ToolError('egress-timeout', slowMessage, true)), CONNECT_MS);
    try {
      await session.orBroken(client.connect());
      return session;
    } catch (error) {
      await session.abandon();
      throw error;
    } finally {
      clearTimeout(slow);
    }
  }

  /** Begins the transaction, and makes certain that this is not Seer's own database. */
  async begin(options: SessionOptions): Promise<void> {
    const identity = await this.beginWith(options, identityQueries.whole).catch(async (error: unknown) => {
      if (!hasState(error, INSUFFICIENT_PRIVILEGE, UNDEFINED_FUNCTION)) throw error;
      await this.run('rollback');
      return this.beginWith(options, identityQueries.modest);
    });
    if (!(await this.access.databaseGuard.isOwn(identity))) return;
    const message = "This is Seer's own database; workflows can't work with it, by whatever address.";
    throw new ToolError('database-is-own', message, false);
  }

  /** What the server thinks of a text; that it is one statement, above all. */
  async describe(sql: string): Promise<StatementShape> {
    return this.orBroken(this.client.query(new DescribeStatement(sql)).shape);
  }

  /** Runs one statement with its parameters, and takes so many of its rows. */
  async fetch(sql: string, values: readonly (string | Buffer | null)[], most: number): Promise<Fetched> {
    return this.orBroken(this.client.query(new RowCursor(sql, values)).fetch(most));
  }

  /** For statements of our own. Values are texts. */
  async rows<Row extends pg.QueryResultRow>(sql: string, values: readonly string[] = []): Promise<Row[]> {
    return (await this.orBroken(this.client.query<Row>(sql, [...values]))).rows;
  }

  /** Ends transaction and connection. What was only to be read is undone, in case that it did more. */
  async end(commit: boolean): Promise<void> {
    try {
      await this.run(commit ? 'commit' : 'rollback');
    } catch (error) {
      if (!commit || error instanceof pg.DatabaseError) throw error;
      const message = 'The connection broke while the transaction was committed: it may have been, or not.';
      throw new ToolError('upstream-error', message, false, undefined, undefined, { cause: error });
    }
    this.letGo();
    this.client.end().catch(() => {});
  }

  /** Ends the connection, whatever it is doing, and what the server is doing for it. */
  async abandon(): Promise<void> {
    this.letGo();
    if (this.signal.aborted) await this.cancel().catch(() => {});
    this.stream.destroy();
  }

  private async beginWith({ write, timeoutMs }: SessionOptions, identity: string): Promise<DatabaseIdentity> {
    const results = await this.run(
      `begin transaction ${write ? 'read write' : 'read only'};
       set local statement_timeout = ${timeoutMs};
       set local lock_timeout = ${Math.min(timeoutMs, LOCK_MS)};
       set local idle_in_transaction_session_timeout = ${CONNECT_MS};
       set local client_encoding = 'UTF8';
       set local timezone = 'UTC';
       set local datestyle = 'ISO, YMD';
       set local intervalstyle = 'postgres';
       set local bytea_output = 'hex';
       set local extra_float_digits = 1;
       ${identity}`,
    );
    return (results.at(-1) as pg.QueryResult<DatabaseIdentity>).rows[0]!;
  }

  /** Statements that are texts of this file. */
  private async run(sql: string): Promise<pg.QueryResult[]> {
    return [await this.orBroken(this.client.query(sql))].flat();
  }

  private orBroken<Value>(work: Promise<Value>): Promise<Value> {
    // It fails too when the connection breaks; nobody waits for it any more by then.
    work.catch(() => {});
    return Promise.race([work, this.broken.promise]);
  }

  private break(error: unknown): void {
    if (this.isBroken) return;
    this.isBroken = true;
    this.broken.reject(error as Error);
  }

  private readonly onAbort = (): void => this.break(this.signal.reason);

  private letGo(): void {
    this.signal.removeEventListener('abort', this.onAbort);
  }

  /** A server goes on with a statement whose client has gone; this asks it not to. */
  private async cancel(): Promise<void> {
    const { processID, secretKey } = this.client.backendKey;
    if (!processID) return;
    const { egress } = this.access;
    const metadata = resourceOf(this.access).metadata as PostgresMetadata;
    const signal = AbortSignal.timeout(CANCEL_MS);
    const stream = await openStream(egress, metadata, { signal, timeoutMs: CANCEL_MS, maxBytes: 1_024 });
    const message = Buffer.alloc(16);
    // CancelRequest of the protocol: its length, its code, whose work.
    for (const [index, number] of [16, 80_877_102, processID, secretKey].entries()) {
      message.writeInt32BE(number, index * 4);
    }
    stream.resume().end(message);
    await once(stream, 'close', { signal }).finally(() => stream.destroy());
  }
}

const slowMessage = `The server did not let us in within ${CONNECT_MS} ms.`;

function closed(): Error {
  return Object.assign(new Error('it was closed by the other side'), { code: 'ECONNRESET' });
}

function hasState(error: unknown, ...states: readonly string[]): boolean {
  return error instanceof pg.DatabaseError && states.includes(error.code ?? '');
}
