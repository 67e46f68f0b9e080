import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import pg, { type ClientBase } from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { readJobsSchemaVersion } from '../../jobs/jobs-schema.js';
import { OperatorError } from '../../operator.error.js';
import { advisoryLocks } from '../advisory-locks.js';
import { readSchemaState, withClient } from '../schema-state.js';
import { type BackupHeader, type BackupTable } from './backup-format.js';
import { type BackupReader } from './backup-reader.js';
import { backupTables, columnsOf, nameOf } from './backup-tables.js';
import { backupSettings } from './write-backup.js';

export interface Restored {
  readonly header: BackupHeader;
  readonly rows: number;
  /** Ids of the master keys that its data keys are wrapped with. */
  readonly masterKeys: readonly string[];
}

/**
 * Fills a database of the same schema with a backup, all or nothing.
 * @param force takes away what is in it; else it must be empty.
 * @throws OperatorError when the schema is another one, the database is in use or not empty, or the backup is damaged.
 */
export async function restoreBackup(
  url: string,
  reader: BackupReader,
  { force, signal }: { force: boolean; signal: AbortSignal },
): Promise<Restored> {
  const header = await reader.header();
  return withClient(url, async (client) => {
    await refuseOtherSchema(client, header);
    await refuseWhileInUse(client);
    await client.query('begin');
    await client.query(backupSettings);
    // A process that starts meanwhile waits, and then finds a database with everything in it.
    await client.query('select pg_advisory_xact_lock($1)', [advisoryLocks.migration]);
    const tables = await matchingTables(client, header);
    await empty(client, tables, force);
    const putBack = await dropForeignKeys(client);
    const rows = await fill(client, reader, tables, signal);
    if ((await reader.trailer()).rows !== rows) throw new OperatorError('The backup is damaged: rows are missing.');
    for (const foreignKey of putBack) await client.query(foreignKey);
    for (const [name, last] of Object.entries(header.sequences)) {
      await client.query('select setval($1::regclass, $2)', [`public.${pg.escapeIdentifier(name)}`, last]);
    }
    const masterKeys = await masterKeysOf(client);
    await client.query('commit');
    await client.query('analyze');
    return { header, rows, masterKeys };
  });
}

async function refuseOtherSchema(client: ClientBase, header: BackupHeader): Promise<void> {
  const { executed } = await readSchemaState(client);
  const newer = header.migrations.filter((name) => !executed.includes(name));
  const older = executed.filter((name) => !header.migrations.includes(name));
  const jobs = (await readJobsSchemaVersion(client)) ?? 0;
  if (newer.length > 0 || header.jobs_version > jobs) {
    throw new OperatorError(
      `The backup was made by a newer Seer: this build lacks ${newer.join(', ') || `version ${header.jobs_version} of the schema of jobs`}. ` +
        'Restore it with the build that made it. Nothing was changed.',
    );
  }
  if (older.length > 0 || header.jobs_version < jobs) {
    throw new OperatorError(
      `The backup was made by an older Seer, before ${older[0] ?? `version ${jobs} of the schema of jobs`}. Restore it with the build ` +
        'that made it, into an empty database; a start of this build then brings it up to date. Nothing was changed.',
    );
  }
}

/** Every process of Seer holds connections that listen; one that lives would go on with what is not there any more. */
async function refuseWhileInUse(client: ClientBase): Promise<void> {
  const { rows } = await client.query<{ count: number }>(
    `select count(*)::int as count from pg_stat_activity
      where datname = current_database() and application_name like 'seer listen %'`,
  );
  if (rows[0]!.count === 0) return;
  throw new OperatorError('Processes of Seer use this database: stop them first. Nothing was changed.');
}

/** Names in the file end up in statements, so they are those of the database, too. */
async function matchingTables(client: ClientBase, { tables }: BackupHeader): Promise<readonly BackupTable[]> {
  const there = new Set((await backupTables(client)).map(identity));
  const strange = tables.find((table) => !there.delete(identity(table)));
  if (!strange && there.size === 0) return tables;
  throw new OperatorError('The tables of the backup and those of the database differ. Nothing was changed.');
}

const identity = ({ schema, name, columns }: BackupTable): string => JSON.stringify([schema, name, columns.toSorted()]);

async function empty(client: ClientBase, tables: readonly BackupTable[], force: boolean): Promise<void> {
  const names = tables.map(nameOf);
  await client.query(`lock table ${names.join(', ')} in access exclusive mode`);
  // Every start makes the first administrator, so a database without users has never been used.
  const { rows } = await client.query<{ used: boolean }>('select exists (select from "user") as used');
  if (rows[0]!.used && !force) {
    throw new OperatorError(
      'There is an installation in this database. Restore into an empty one, or add --force: all that is in it is then ' +
        'gone. Nothing was changed.',
    );
  }
  await client.query(`truncate ${names.join(', ')}`);
}

/** Rows refer to each other in circles. @returns what makes the keys anew, which proves all references */
async function dropForeignKeys(client: ClientBase): Promise<string[]> {
  const { rows } = await client.query<{ table: string; name: string; definition: string }>(
    `select conrelid::regclass::text as table, conname as name, pg_get_constraintdef(oid) as definition
       from pg_constraint where contype = 'f' and connamespace = 'public'::regnamespace`,
  );
  for (const { table, name } of rows) {
    await client.query(`alter table ${table} drop constraint ${pg.escapeIdentifier(name)}`);
  }
  return rows.map(
    ({ table, name, definition }) => `alter table ${table} add constraint ${pg.escapeIdentifier(name)} ${definition}`,
  );
}

async function fill(
  client: ClientBase,
  reader: BackupReader,
  tables: readonly BackupTable[],
  signal: AbortSignal,
): Promise<number> {
  let rows = 0;
  for (const table of tables) {
    const target = client.query(copyFrom(`copy ${nameOf(table)} (${columnsOf(table)}) from stdin`));
    await pipeline(Readable.from(reader.rows(), { objectMode: false }), target, { signal });
    rows += target.rowCount;
  }
  return rows;
}

async function masterKeysOf(client: ClientBase): Promise<string[]> {
  const { rows } = await client.query<{ id: string }>('select distinct master_key_id as id from encryption_key');
  return rows.map(({ id }) => id);
}
