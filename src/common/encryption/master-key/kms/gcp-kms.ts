import { textOf, type Place } from '../../place.js';
import { MasterKeyRefusedError } from '../master-key-provider.js';
import { type KmsKey, wrongUri } from './kms-key.js';

const key =
  /^(projects\/[^/?]+\/locations\/[^/?]+\/keyRings\/[^/?]+\/cryptoKeys\/[^/?]+)(?:\?endpoint=(https?:\/\/[^/?]+))?$/;

/**
 * A symmetric key of Google Cloud KMS, by its REST API. Credentials are Google's application default ones.
 * @param path the key's resource name; `?endpoint=` gives another address of the service, such as a regional or private one.
 */
export async function gcpKmsKey(path: string, source: string): Promise<KmsKey> {
  const [, name, endpoint = 'https://cloudkms.googleapis.com'] = key.exec(path) ?? [];
  if (!name) {
    throw wrongUri(source, 'name a key: gcp-kms://projects/<p>/locations/<l>/keyRings/<r>/cryptoKeys/<k>');
  }
  const { GoogleAuth } = await import('google-auth-library');
  const auth = new GoogleAuth({ scopes: 'https://www.googleapis.com/auth/cloudkms' });
  const call = async <Answer>(verb: string, place: Place, body: object, signal: AbortSignal): Promise<Answer> => {
    const additionalAuthenticatedData = Buffer.from(textOf(place)).toString('base64');
    const { data } = await auth.request<Answer>({
      method: 'POST',
      url: `${endpoint}/v1/${name}:${verb}`,
      data: { ...body, additionalAuthenticatedData },
      signal,
    });
    return data;
  };
  return {
    id: `gcp-kms:${name}`,
    service: 'Google Cloud KMS',
    async encrypt(plaintext, place, signal) {
      const body = { plaintext: plaintext.toString('base64') };
      return (await call<{ ciphertext: string }>('encrypt', place, body, signal)).ciphertext;
    },
    async decrypt(ciphertext, place, signal) {
      try {
        return Buffer.from(
          (await call<{ plaintext: string }>('decrypt', place, { ciphertext }, signal)).plaintext,
          'base64',
        );
      } catch (error) {
        // Of all mistakes that a request may have, INVALID_ARGUMENT leaves only the ciphertext and its associated data.
        if ((error as { status?: number }).status !== 400) throw error;
        throw new MasterKeyRefusedError(`Google Cloud KMS: ${(error as Error).message}`);
      }
    },
  };
}
