import { createSecretKey } from 'node:crypto';
import type { Environment } from '../../../config/environment.js';
import { EncryptionUnavailableError } from '../../encryption.errors.js';
import { MasterKeyRefusedError, type MasterKeyProvider } from '../master-key-provider.js';
import { type KmsKey, wrongUri } from './kms-key.js';

/** How long the service may take for one call with all repetitions, in milliseconds: a start is decided within 5 s. */
const TIMEOUT_MS = 4_000;

/** The services by the scheme of their URIs. Each loads its client only when it is used. */
const services: Readonly<Record<string, (path: string, source: string, environment: Environment) => Promise<KmsKey>>> =
  {
    'aws-kms': async (path, source) => (await import('./aws-kms.js')).awsKmsKey(path, source),
    'gcp-kms': async (path, source) => (await import('./gcp-kms.js')).gcpKmsKey(path, source),
    'vault-transit': async (path, source, { vault }) =>
      (await import('./vault-transit.js')).vaultKey(path, source, vault),
  };

/**
 * The master key that a URI names.
 * @param source the variable that holds the URI.
 * @throws EncryptionUnavailableError when the URI names none.
 */
export async function openKms(uri: string, source: string, environment: Environment): Promise<MasterKeyProvider> {
  const [, scheme, path] = /^([a-z-]+):\/\/(.+)$/.exec(uri) ?? [];
  const open = services[scheme ?? ''];
  if (!open) throw wrongUri(source, `begin with ${Object.keys(services).join('://, ')}://`);
  return kmsMasterKey(await open(path!, source, environment), source);
}

function kmsMasterKey(key: KmsKey, source: string): MasterKeyProvider {
  const call = async <Result>(operation: (signal: AbortSignal) => Promise<Result>): Promise<Result> => {
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    try {
      return await Promise.race([operation(signal), rejectionOf(signal)]);
    } catch (cause) {
      if (cause instanceof MasterKeyRefusedError) throw cause;
      const reason = signal.aborted ? `no answer within ${TIMEOUT_MS / 1000} s` : reasonOf(cause);
      throw new EncryptionUnavailableError(
        `${key.service} cannot be used for the master key in ${source}: ${reason}. Nothing was changed.`,
        { cause },
      );
    }
  };
  return {
    id: key.id,
    source,
    wrap: (dataKey, place) => call((signal) => key.encrypt(dataKey.export(), place, signal)),
    unwrap: async (wrapped, place) => createSecretKey(await call((signal) => key.decrypt(wrapped, place, signal))),
  };
}

/** Not every client heeds the signal in all that it does, such as signing in. */
function rejectionOf(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });
}

/** Clients wrap what happened; the innermost error says it, and some have only a code. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof AggregateError && error.errors.length > 0) return reasonOf(error.errors[0]);
  if (error.cause instanceof Error) return reasonOf(error.cause);
  const { code } = error as NodeJS.ErrnoException;
  return (error.message || String(code)).replace(/\.$/, '');
}
