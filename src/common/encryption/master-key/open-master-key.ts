import { dirname, resolve } from 'node:path';
import type { Environment, MasterKeySetting } from '../../config/environment.js';
import { EncryptionUnavailableError } from '../encryption.errors.js';
import { openKms } from './kms/open-kms.js';
import { localMasterKey, parseMasterKey } from './local-master-key.js';
import { createMasterKeyFile, readMasterKeyFile } from './master-key-file.js';
import type { MasterKeyProvider } from './master-key-provider.js';

/**
 * The master key of this installation: a key management service, `SEER_MASTER_KEY`, else the key file. With an embedded
 * database the first start makes that file; anywhere else the operator chooses a key, since only they know a place that
 * outlives this machine.
 * @param firstStart whether the database has no encryption key yet; later a new master key could open nothing.
 * @throws EncryptionUnavailableError when there is none, or it is not a key.
 */
export async function openMasterKey(environment: Environment, firstStart: boolean): Promise<MasterKeyProvider> {
  const setting = environment.masterKey;
  const file = setting.file && resolve(setting.file);
  if (firstStart && file && !setting.key && mayCreate(file, environment)) {
    if ((await readMasterKeyFile(file)) === undefined) await createMasterKeyFile(file);
  }
  const found = await openSetting(setting, environment);
  if (!found) throw new EncryptionUnavailableError(firstStart ? noKeyYet(file!) : keyIsGone(file!));
  return found;
}

/**
 * The master key that the data keys were wrapped with until now: `SEER_OLD_MASTER_KEY` or one of its companions.
 * @throws EncryptionUnavailableError when none is set, or it is not there, or not a key.
 */
export async function openOldMasterKey(environment: Environment): Promise<MasterKeyProvider> {
  const found = await openSetting(environment.oldMasterKey, environment);
  if (found) return found;
  const { file } = environment.oldMasterKey;
  throw new EncryptionUnavailableError(
    file
      ? `The file ${resolve(file)} (SEER_OLD_MASTER_KEY_FILE) does not exist. Nothing was changed.`
      : 'The master key until now is not given: set SEER_OLD_MASTER_KEY, SEER_OLD_MASTER_KEY_FILE or ' +
          'SEER_OLD_MASTER_KEY_KMS to it. Nothing was changed.',
  );
}

async function openSetting(
  { variable, key, file, kms }: MasterKeySetting,
  environment: Environment,
): Promise<MasterKeyProvider | undefined> {
  if (kms) return openKms(kms, `${variable}_KMS`, environment);
  if (key) return localMasterKey(parseMasterKey(key, variable), variable);
  const text = file && (await readMasterKeyFile(resolve(file), `${variable}_FILE`));
  if (text === undefined) return undefined;
  const source = `the file ${resolve(file!)} (${variable}_FILE)`;
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
