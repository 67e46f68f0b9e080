import { access, constants, stat, statfs } from 'node:fs/promises';
import { defineCheck, fail, ok, warn } from './define-check.js';

/** Bytes; PostgreSQL stops when its disk is full. */
const LITTLE = 1024 ** 3;

export const dataDirectory = defineCheck({
  name: 'data directory',
  needsDatabase: false,
  async look({ environment: { embedded, dataDirectory, masterKey } }) {
    const used = embedded || (!masterKey.key && !masterKey.kms && masterKey.file?.startsWith(dataDirectory));
    if (!used) return ok('Nothing is kept there: database and master key are elsewhere.');
    const found = await stat(dataDirectory).catch(() => undefined);
    if (!found) return warn(`${dataDirectory} is not there yet.`, 'The first start makes it.');
    if (!found.isDirectory()) return fail(`${dataDirectory} is no directory.`, 'Set SEER_DATA_DIR to one.');
    if (!(await isWritable(dataDirectory))) {
      return fail(`${dataDirectory} cannot be written to.`, 'Give it to the user that Seer runs as.');
    }
    if ((found.mode & 0o022) !== 0) {
      return warn(`Others may write into ${dataDirectory}.`, `chmod go-w ${dataDirectory}`);
    }
    const { bavail, bsize } = await statfs(dataDirectory);
    const free = `${(((bavail / 1024) * bsize) / 1024 ** 2).toFixed(1)} GB are free in ${dataDirectory}.`;
    return bavail * bsize < LITTLE ? warn(free, 'Make room: PostgreSQL stops when its disk is full.') : ok(free);
  },
});

function isWritable(directory: string): Promise<boolean> {
  return access(directory, constants.W_OK).then(
    () => true,
    () => false,
  );
}
