import { type Opt } from '@mikro-orm/core';
import { Check, Entity, Enum, PrimaryKey, Property, Unique } from '@mikro-orm/decorators/legacy';

/** `primary` encrypts and decrypts, `active` only decrypts, `retired` does neither: no value is left under it. */
export type EncryptionKeyStatus = 'primary' | 'active' | 'retired';
export const encryptionKeyStatuses: EncryptionKeyStatus[] = ['primary', 'active', 'retired'];

/** A data key, wrapped by the master key: without that, this table is of no use to anybody. */
@Entity()
@Unique({ name: 'encryption_key_one_primary', properties: ['status'], where: { status: 'primary' } })
@Check({ name: 'encryption_key_retired_at', expression: "(status = 'retired') = (retired_at is not null)" })
export class EncryptionKey {
  /** The key id that ciphertexts carry: 16 random hexadecimal digits. */
  @PrimaryKey({ type: 'text' })
  id: string;

  @Enum({ items: () => encryptionKeyStatuses })
  status: EncryptionKeyStatus;

  /** The data key as the master key's provider wrapped it. */
  @Property({ type: 'text' })
  wrappedKey: string;

  /** Which master key wrapped it; a fingerprint or a provider's name for it, never the key. */
  @Property({ type: 'text' })
  masterKeyId: string;

  /** A known text encrypted with the data key. That it opens proves at start that the right key was unwrapped. */
  @Property({ type: 'text' })
  canary: string;

  @Property({ type: 'timestamptz', columnType: 'timestamptz(3)', defaultRaw: 'now()' })
  createdAt: Opt<Date>;

  @Property({ type: 'timestamptz', columnType: 'timestamptz(3)', nullable: true })
  retiredAt?: Date;

  constructor(key: Pick<EncryptionKey, 'id' | 'status' | 'wrappedKey' | 'masterKeyId' | 'canary'>) {
    this.id = key.id;
    this.status = key.status;
    this.wrappedKey = key.wrappedKey;
    this.masterKeyId = key.masterKeyId;
    this.canary = key.canary;
  }
}
