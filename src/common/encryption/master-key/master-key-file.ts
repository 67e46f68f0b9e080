import { randomBytes } from 'node:crypto';
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Logger } from '@nestjs/common';
import { EncryptionUnavailableError } from '../encryption.errors.js';

const logger = new Logger('MasterKey');

/**
 * The text of the master key file, or undefined when there is none. A file that others can read is used with a
 * warning: orchestrators mount secrets readable for all, and no option of Seer could change that.
 * @param variable that names the file, for the message.
 * @throws EncryptionUnavailableError when the file is there and cannot be read.
 */
export async function readMasterKeyFile(file: string, variable = 'SEER_MASTER_KEY_FILE'): Promise<string | undefined> {
  try {
    const { mode } = await stat(file);
    if ((mode & 0o077) !== 0 && process.platform !== 'win32') {
      logger.warn(
        `The master key file ${file} is open to other users of this machine; close it with: chmod 600 ${file}`,
      );
    }
    return await readFile(file, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw new EncryptionUnavailableError(`The master key file ${file} (${variable}) cannot be read: ${codeOf(error)}.`);
  }
}

/**
 * Makes a new master key file that only its owner can read, on disk before this returns, never over another file.
 * @throws EncryptionUnavailableError when it cannot be written.
 */
export async function createMasterKeyFile(file: string): Promise<void> {
  try {
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    await writeFile(file, `${randomBytes(32).toString('base64')}\n`, { flag: 'wx', mode: 0o600, flush: true });
  } catch (error) {
    throw new EncryptionUnavailableError(
      `The master key file ${file} (SEER_MASTER_KEY_FILE) cannot be created: ${codeOf(error)}.`,
    );
  }
  logger.warn(
    `A new master key was created in ${file}. Back this file up, apart from the database: without it no stored secret ` +
      'can ever be read again.',
  );
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code;
}
