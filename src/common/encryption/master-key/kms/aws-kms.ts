import { MasterKeyRefusedError } from '../master-key-provider.js';
import { type KmsKey, wrongUri } from './kms-key.js';

/** What the service answers to a ciphertext that is not of this key, of this context, or was altered. */
const refusals = new Set(['InvalidCiphertextException', 'IncorrectKeyException']);

/**
 * A symmetric key of AWS KMS. Credentials come from where the AWS SDK finds them (AWS_ACCESS_KEY_ID …, the role of the
 * machine), the region from the ARN.
 * @param arn of the key; an alias could be pointed at another key.
 */
export async function awsKmsKey(arn: string, source: string): Promise<KmsKey> {
  const [, region] = /^arn:aws[\w-]*:kms:([\w-]+):\d{12}:key\/[\w-]+$/.exec(arn) ?? [];
  if (!region)
    throw wrongUri(source, 'name a key of AWS KMS by its ARN: aws-kms://arn:aws:kms:<region>:<account>:key/<id>');
  const { DecryptCommand, EncryptCommand, KMSClient } = await import('@aws-sdk/client-kms');
  const client = new KMSClient({ region, maxAttempts: 2 });
  return {
    id: `aws-kms:${arn}`,
    service: 'AWS KMS',
    async encrypt(plaintext, place, abortSignal) {
      const command = new EncryptCommand({ KeyId: arn, Plaintext: plaintext, EncryptionContext: { ...place } });
      const { CiphertextBlob } = await client.send(command, { abortSignal });
      return Buffer.from(CiphertextBlob!).toString('base64');
    },
    async decrypt(ciphertext, place, abortSignal) {
      const CiphertextBlob = Buffer.from(ciphertext, 'base64');
      const command = new DecryptCommand({ KeyId: arn, CiphertextBlob, EncryptionContext: { ...place } });
      try {
        return Buffer.from((await client.send(command, { abortSignal })).Plaintext!);
      } catch (error) {
        const { name } = error as Error;
        throw refusals.has(name) ? new MasterKeyRefusedError(`AWS KMS: ${name}`) : error;
      }
    },
  };
}
