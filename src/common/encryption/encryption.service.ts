import { hkdfSync } from 'node:crypto';
import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Environment } from '../config/environment.js';
import { open, seal } from './ciphertext.js';
import { type KeyRing, openKeyRing } from './key-ring.js';
import type { Place } from './place.js';

/** Encrypts every secret that Seer stores. Its keys are in memory after the start, so both ways are synchronous. */
@Injectable()
export class EncryptionService implements OnModuleInit {
  private ring: KeyRing;
  private readonly derived = new Map<string, Buffer>();

  constructor(
    private readonly em: EntityManager,
    private readonly environment: Environment,
  ) {}

  /** @throws EncryptionUnavailableError, which stops the start, when the master key is missing or wrong. */
  async onModuleInit(): Promise<void> {
    this.ring = await openKeyRing(this.em.fork(), this.environment);
  }

  /**
   * Text for a `text` column, different at each call even for the same value: never compare or index it.
   * @param place where it will be stored; only there does it decrypt.
   */
  encrypt(plaintext: string, place: Place): string {
    return seal(plaintext, this.ring.primary, place);
  }

  /**
   * The value that was encrypted for this place.
   * @throws CiphertextError when it was altered, moved, or encrypted with a key that this installation hasn't.
   */
  decrypt(ciphertext: string, place: Place): string {
    return open(ciphertext, this.ring.keys, place);
  }

  /**
   * A 32-byte secret for another purpose than encryption, such as signing; the same in all processes, as long as the
   * oldest data key is in use. What was made with an earlier one is no longer recognised.
   */
  deriveKey(purpose: string): Buffer {
    let key = this.derived.get(purpose);
    if (!key) {
      key = Buffer.from(hkdfSync('sha256', this.ring.oldest.secret.export(), '', `seer/derived/${purpose}`, 32));
      this.derived.set(purpose, key);
    }
    return key;
  }
}
