import { type Opt } from '@mikro-orm/core';
import { Check, Entity, Enum, PrimaryKey, Property, Unique } from '@mikro-orm/decorators/legacy';
import { newUuid } from '../../public-id.js';

export type EncryptionRotationState = 'running' | 'finished';
export const encryptionRotationStates: EncryptionRotationState[] = ['running', 'finished'];

/** A value that does not decrypt, so that it cannot be encrypted anew. */
export interface UnreadableValue {
  readonly table: string;
  readonly column: string;
  readonly row: string;
  /** The key that it names; null when it is no ciphertext. */
  readonly key_id: string | null;
}

/** One exchange of the data key: its beginning, its promotion and its end. How much is left is counted when asked. */
@Entity()
@Unique({ name: 'encryption_rotation_one_running', properties: ['state'], where: { state: 'running' } })
@Check({ name: 'encryption_rotation_finished_at', expression: "(state = 'finished') = (finished_at is not null)" })
export class EncryptionRotation {
  @PrimaryKey({ type: 'uuid' })
  id: Opt<string> = newUuid();

  @Enum({ items: () => encryptionRotationStates })
  state: Opt<EncryptionRotationState> = 'running';

  /** The key that all values will be under. */
  @Property({ type: 'text' })
  keyId: string;

  @Property({ type: 'timestamptz', columnType: 'timestamptz(3)', defaultRaw: 'now()' })
  startedAt: Opt<Date>;

  /** A moment at which every process that looks finds the key promoted; null: not written yet. */
  @Property({ type: 'timestamptz', columnType: 'timestamptz(3)', nullable: true })
  promotedAt: Opt<Date> | null = null;

  @Property({ type: 'timestamptz', columnType: 'timestamptz(3)', nullable: true })
  finishedAt: Opt<Date> | null = null;

  /** How many values did not decrypt, and the first of them. */
  @Property({ type: 'integer', default: 0 })
  unreadableCount: Opt<number> = 0;

  @Property({ type: 'jsonb', defaultRaw: `'[]'` })
  unreadable: Opt<UnreadableValue[]> = [];

  constructor(keyId: string) {
    this.keyId = keyId;
  }
}
