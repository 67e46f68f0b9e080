import { hkdfSync } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { keyIdOf, open, seal } from './ciphertext.js';
import { LiveKeyRing } from './live-key-ring.js';
import type { Place } from './place.js';

/** Encrypts every secret that Seer stores, with the keys that `LiveKeyRing` keeps in memory. */
@Injectable()
export class EncryptionService {
  private readonly derived = new Map<string, Buffer>();

  constructor(private readonly keys: LiveKeyRing) {}

  /**
   * To be awaited before what will encrypt, and before its transaction: it may need a connection of its own. A process that
   * was frozen learns here which key is the one.
   */
  prepare(): Promise<void> {
    return this.keys.catchUp();
  }

  /**
   * Text for a `text` column, different at each call even for the same value: never compare or index it. Write it soon:
   * a value that is stored later than some seconds after this may be under a key that a rotation has retired meanwhile.
   * @param place where it will be stored; only there does it decrypt.
   * @throws EncryptionKeysUnavailableError when this process has not seen the table of keys for several seconds.
   */
  encrypt(plaintext: string, place: Place): string {
    return seal(plaintext, this.keys.fresh.primary, place);
  }

  /**
   * The value that was encrypted for this place. An unknown key may be one that another process has just made: then the
   * keys are read again, once, before the value is refused.
   * @throws CiphertextError when it was altered, moved, or encrypted with a key that this installation hasn't.
   * @throws EncryptionKeysUnavailableError when the keys had to be read and could not be.
   */
  async decrypt(ciphertext: string, place: Place): Promise<string> {
    const keyId = keyIdOf(ciphertext);
    if (keyId !== undefined && !this.keys.current.keys.has(keyId)) await this.keys.reload();
    return open(ciphertext, this.keys.current.keys, place);
  }

  /**
   * A 32-byte secret for another purpose than encryption, such as signing. It is derived from the first data key of the
   * installation, which stays in the database when it is retired: rotations and rewraps do not change it, so links and
   * cursors that were made with it live on. Only the loss of that row ends them.
   */
  deriveKey(purpose: string): Buffer {
    let key = this.derived.get(purpose);
    if (!key) {
      const { secret } = this.keys.current.oldest;
      key = Buffer.from(hkdfSync('sha256', secret.export(), '', `seer/derived/${purpose}`, 32));
      this.derived.set(purpose, key);
    }
    return key;
  }
}
