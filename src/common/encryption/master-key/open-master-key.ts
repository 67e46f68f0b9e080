import { dirname, resolve } from 'node:path';
import type { Environment } from '../../config/environment.js';
import { EncryptionUnavailableError } from '../encryption.errors.js';
import { localMasterKey, parseMasterKey } from './local-master-key.js';
import { createMasterKeyFile, readMasterKeyFile } from './master-key-file.js';
import type { MasterKeyProvider } from './master-key-provider.js';

/**
 * The master key of this installation: `SEER_MASTER_KEY`, else the key file. With an embedded database the first start
 * makes that file; anywhere else the operator chooses a key, since only they know a place that outlives this machine.
 * @param firstStart whether the database has no encryption key yet; later a new master key could open nothing.
 * @throws EncryptionUnavailableError when there is none, or it is not a key.
 */
export async function openMasterKey(environment: Environment, firstStart: boolean): Promise<MasterKeyProvider> {
  if (environment.masterKey) {
    return localMasterKey(parseMasterKey(environment.masterKey, 'SEER_MASTER_KEY'), 'SEER_MASTER_KEY');
  }
  const file = resolve(environment.masterKeyFile);
  let text = await readMasterKeyFile(file);
  if (text === undefined && firstStart && mayCreate(file, environment)) {
    await createMasterKeyFile(file);
    text = await readMasterKeyFile(file);
  }
  if (text === undefined) throw new EncryptionUnavailableError(firstStart ? noKeyYet(file) : keyIsGone(file));
  const source = `the file ${file} (SEER_MASTER_KEY_FILE)`;
  return localMasterKey(parseMasterKey(text, source), source);
}

/** A file elsewhere was named by the operator: that it is missing is a mistake, such as a secret that wasn't mounted. */
function mayCreate(file: string, environment: Environment): boolean {
  return environment.embedded && dirname(file) === environment.dataDirectory;
}

function noKeyYet(file: string): string {
  return (
    'There is no master key to encrypt secrets with: set SEER_MASTER_KEY to the output of "openssl rand -base64 32", ' +
    `or SEER_MASTER_KEY_FILE to a file that holds it (${file} does not exist), and back the key up.`
  );
}

function keyIsGone(file: string): string {
  return (
    'The master key that protects the secrets of this database is missing: SEER_MASTER_KEY is not set and the file ' +
    `${file} (SEER_MASTER_KEY_FILE) does not exist. Restore the key from its backup. Nothing was changed.`
  );
}
