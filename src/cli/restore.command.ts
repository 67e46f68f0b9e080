import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { resolve } from 'node:path';
import { type Readable } from 'node:stream';
import { OperatorError } from '../common/operator.error.js';
import { defineCommand } from './define-command.js';

export const restore = defineCommand({
  words: 'restore',
  parameters: ['file'],
  summary: 'Fill an empty database with a backup.',
  help: [
    'Reads a file of "seer backup" ("-": the standard input) into the database, all or nothing. The database is empty, or',
    '--force empties it first; no process of Seer uses it. The backup is of the same schema, that is of this build or one',
    'close to it. Start Seer with the master key of that installation afterwards.',
    '',
    'The installation that the backup is of must not go on besides: each would start the same schedules.',
    '',
    '  DATABASE_URL=postgresql://… npm run -s seer -- restore seer-monday.backup',
  ].join('\n'),
  options: { force: { type: 'boolean', default: false } },
  async run({ arguments: [file], options, openMigrated, signal, print }) {
    const { BackupReader } = await import('../common/database/backup/backup-reader.js');
    const { restoreBackup } = await import('../common/database/backup/restore-backup.js');
    const { installJobs } = await import('../common/jobs/install-jobs.js');
    const source = file === '-' ? process.stdin : await opened(resolve(file!));
    const { url } = await openMigrated();
    await installJobs(url);
    const { header, rows, masterKeys } = await restoreBackup(url, new BackupReader(source), {
      force: options.force === true,
      signal,
    });
    print(`${rows} rows of ${header.tables.length} tables, as they were at ${header.created_at}.`);
    print(`Start Seer with the master key ${masterKeys.join(' or ')}: nothing else opens the secrets in it.`);
  },
});

async function opened(file: string): Promise<Readable> {
  const source = createReadStream(file);
  await once(source, 'open').catch((error: Error) => {
    throw new OperatorError(`The backup cannot be read: ${error.message}.`);
  });
  return source;
}
