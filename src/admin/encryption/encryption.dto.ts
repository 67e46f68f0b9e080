import {
  type EncryptionKey,
  type EncryptionKeyStatus,
  encryptionKeyStatuses,
} from '../../common/encryption/encryption-key.entity.js';
import {
  type EncryptionRotation,
  type EncryptionRotationState,
  encryptionRotationStates,
} from '../../common/encryption/rotation/encryption-rotation.entity.js';
import { ApiProperty } from '@nestjs/swagger';

/** A data key, without its secret. */
export class EncryptionKeyResponse {
  /** What ciphertexts name it by. @example 0f3a5c7e9b1d2f40 */
  key_id: string;
  /** `primary` encrypts and decrypts, `active` only decrypts, `retired` does neither: no value is left under it. */
  @ApiProperty({ enum: encryptionKeyStatuses })
  status: EncryptionKeyStatus;
  /** The master key that wraps it: a fingerprint, or its name in a key management service. @example local:4be1a8d07c3f9e52 */
  master_key_id: string;
  created_at: Date;
  /** Null: it is in use. */
  retired_at: Date | null;

  static from(key: EncryptionKey): EncryptionKeyResponse {
    return Object.assign(new EncryptionKeyResponse(), {
      key_id: key.id,
      status: key.status,
      master_key_id: key.masterKeyId,
      created_at: key.createdAt,
      retired_at: key.retiredAt ?? null,
    });
  }
}

/** All data keys, the oldest first. There is one more with each rotation. */
export class EncryptionKeysResponse {
  items: EncryptionKeyResponse[];

  static from(keys: readonly EncryptionKey[]): EncryptionKeysResponse {
    return Object.assign(new EncryptionKeysResponse(), { items: keys.map((key) => EncryptionKeyResponse.from(key)) });
  }
}

/** What a rotation has left to do in one column. */
export class RowsLeftResponse {
  /** @example oauth_connection */
  table: string;
  /** @example access_token */
  column: string;
  /** Values that are not under the new key. @example 1200 */
  @ApiProperty({ type: 'integer' })
  rows: number;
}

/** A value that does not decrypt. */
export class UnreadableValueResponse {
  /** @example oauth_connection */
  table: string;
  /** @example access_token */
  column: string;
  /** The row: the public id of what it belongs to. @example conn_0190b6a0-7e2c-7d3a-9f10-3b6f2f0c1a2b */
  row: string;
  /** The key that the value names; null when it is no ciphertext. @example 0f3a5c7e9b1d2f40 */
  @ApiProperty({ type: String, nullable: true })
  key_id: string | null;
}

/** An exchange of the data key. */
export class EncryptionRotationResponse {
  /** `running` until every value that decrypts is under the new key and the keys before it are retired. */
  @ApiProperty({ enum: encryptionRotationStates })
  state: EncryptionRotationState;
  /** The new key. @example 0f3a5c7e9b1d2f40 */
  key_id: string;
  started_at: Date;
  /** Null while it is running. */
  finished_at: Date | null;
  /** Counted at this moment, by column. */
  rows_left: RowsLeftResponse[];
  /** Values that do not decrypt. They stay as they are, and so does the key they name. */
  @ApiProperty({ type: 'integer' })
  unreadable_count: number;
  /** The first 100 of them. */
  unreadable: UnreadableValueResponse[];

  static from(rotation: EncryptionRotation, left: readonly RowsLeftResponse[]): EncryptionRotationResponse {
    return Object.assign(new EncryptionRotationResponse(), {
      state: rotation.state,
      key_id: rotation.keyId,
      started_at: rotation.startedAt,
      finished_at: rotation.finishedAt,
      rows_left: left.map(({ table, column, rows }) => ({ table, column, rows })),
      unreadable_count: rotation.unreadableCount,
      unreadable: rotation.unreadable.map(({ table, column, row, key_id }) => ({ table, column, row, key_id })),
    });
  }
}
