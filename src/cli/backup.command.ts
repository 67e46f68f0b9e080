import { randomUUID } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { type Writable } from 'node:stream';
import { OperatorError } from '../common/operator.error.js';
import { defineCommand } from './define-command.js';

export const backup = defineCommand({
  words: 'backup',
  parameters: ['file'],
  summary: 'Write all that is in the database into a file.',
  help: [
    'Writes what the database holds at one moment, jobs too, while Seer goes on; "-" is the standard output. The file',
    'appears when it is whole, and only its owner may read it. It has secrets in it, encrypted, and NOT the master key:',
    'keep that apart, the backup is worth nothing without it. It needs no pg_dump, and is for "seer restore".',
    '',
    '  npm run -s seer -- backup seer-monday.backup',
  ].join('\n'),
  async run({ arguments: [file], openDatabase, signal, note }) {
    const { writeBackup } = await import('../common/database/backup/write-backup.js');
    const { url } = await openDatabase();
    const { header, rows } =
      file === '-'
        ? await writeBackup(url, process.stdout, signal)
        : await intoNewFile(resolve(file!), (target) => writeBackup(url, target, signal));
    note(`${rows} rows of ${header.tables.length} tables, as they were at ${header.created_at}.`);
    note('The master key is not in the backup: keep it apart (docs/encryption.md).');
  },
});

/**
 * Written aside and renamed, so that a backup that was interrupted is never taken for a whole one. In a folder that others
 * write to, nobody can have put a file or a link of theirs there: its name is not known before, and it must be new.
 */
async function intoNewFile<Result>(file: string, write: (target: Writable) => Promise<Result>): Promise<Result> {
  const unfinished = `${file}.${randomUUID()}.unfinished`;
  await refuseExisting(file);
  const handle = await open(unfinished, 'wx', 0o600).catch((error: Error) => {
    throw new OperatorError(`The backup cannot be written: ${error.message}.`);
  });
  try {
    const result = await write(handle.createWriteStream({ flush: true }));
    await rename(unfinished, file);
    return result;
  } catch (error) {
    await rm(unfinished, { force: true });
    throw error;
  }
}

async function refuseExisting(file: string): Promise<void> {
  const handle = await open(file, 'r').catch(() => undefined);
  if (!handle) return;
  await handle.close();
  throw new OperatorError(`There is a file ${file} already: choose another name.`);
}
