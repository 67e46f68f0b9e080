import { createHash } from 'node:crypto';
import { Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { type ClientBase } from 'pg';
import { to as copyTo } from 'pg-copy-streams';
import { readJobsSchemaVersion } from '../../jobs/jobs-schema.js';
import { OperatorError } from '../../operator.error.js';
import { readSchemaState, withClient } from '../schema-state.js';
import { type BackupHeader, type BackupTrailer, END_OF_ROWS } from './backup-format.js';
import { backupTables, columnsOf, nameOf, readSequences } from './backup-tables.js';

/** The same text whatever the role or the database has set, and no limit of theirs ends it half way. */
export const backupSettings = `
  set local client_encoding = 'UTF8'; set local datestyle = 'ISO'; set local intervalstyle = 'postgres';
  set local timezone = 'UTC'; set local bytea_output = 'hex'; set local extra_float_digits = 3;
  set local statement_timeout = 0; set local lock_timeout = 0; set local idle_in_transaction_session_timeout = 0`;

/**
 * Writes all that is in the database as it is at this moment, while everything goes on: one transaction sees one snapshot.
 * The master key is not in it.
 * @throws OperatorError when there is nothing of Seer in the database.
 */
export async function writeBackup(
  url: string,
  target: Writable,
  signal: AbortSignal,
): Promise<BackupTrailer & { header: BackupHeader }> {
  return withClient(url, async (client) => {
    await client.query('begin isolation level repeatable read, read only');
    await client.query(backupSettings);
    const header = await readHeader(client);
    const result = { rows: 0, sha256: '' };
    // Level 1: three times as fast as the usual one for a tenth more bytes.
    await pipeline(Readable.from(textOf(client, header, result)), createGzip({ level: 1 }), target, { signal });
    return { header, ...result };
  });
}

async function readHeader(client: ClientBase): Promise<BackupHeader> {
  const { executed } = await readSchemaState(client);
  if (executed.length === 0)
    throw new OperatorError('There is nothing of Seer in this database: look at DATABASE_URL.');
  return {
    seer_backup: 1,
    created_at: new Date().toISOString(),
    migrations: executed,
    jobs_version: (await readJobsSchemaVersion(client)) ?? 0,
    tables: await backupTables(client),
    // Read after the snapshot was taken, and therefore at least as high as the rows in it.
    sequences: await readSequences(client),
  };
}

async function* textOf(
  client: ClientBase,
  header: BackupHeader,
  result: { rows: number; sha256: string },
): AsyncGenerator<Buffer> {
  const hash = createHash('sha256');
  const hashed = (part: Buffer): Buffer => {
    hash.update(part);
    return part;
  };
  yield hashed(Buffer.from(`${JSON.stringify(header)}\n`));
  for (const table of header.tables) {
    // Of a partitioned table only a query can be copied.
    const rows = client.query(copyTo(`copy (select ${columnsOf(table)} from ${nameOf(table)}) to stdout`));
    for await (const part of rows) yield hashed(part as Buffer);
    result.rows += rows.rowCount;
    yield hashed(Buffer.from(END_OF_ROWS));
  }
  result.sha256 = hash.digest('hex');
  yield Buffer.from(`${JSON.stringify({ ...result } satisfies BackupTrailer)}\n`);
}
