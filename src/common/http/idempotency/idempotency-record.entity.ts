import { type Opt, PrimaryKeyProp } from '@mikro-orm/core';
import { ownedBy } from '../../database/walls/ownership.js';
import { Entity, Index, PrimaryKey, Property } from '@mikro-orm/decorators/legacy';

/** The first answer to a request with an `Idempotency-Key`, kept for 24 hours. Written with SQL (idempotency-store.ts). */
@Entity({ policies: ownedBy() })
// Rows lie in the order of their time: a few bytes are enough to find the old ones.
@Index({
  name: 'idempotency_record_age',
  expression: 'create index "idempotency_record_age" on "idempotency_record" using brin ("created_at")',
})
export class IdempotencyRecord {
  [PrimaryKeyProp]?: ['userId', 'key'];

  /** Internal id of the user; no foreign key, as a record outlives its user by a day at most. */
  @PrimaryKey({ type: 'bigint' })
  userId: string;

  @PrimaryKey({ type: 'text' })
  key: string;

  /** SHA-256 of method, path and body. */
  @Property({ type: 'blob' })
  requestHash: Buffer;

  /** HTTP status of the answer; set together with the rest of the answer, in the transaction that made the row. */
  @Property({ type: 'smallint', nullable: true })
  status?: number;

  @Property({ type: 'text', nullable: true })
  location?: string;

  /** JSON text as it was sent, so that the order of keys is kept. */
  @Property({ type: 'text', nullable: true })
  body?: string;

  @Property({ type: 'timestamptz', columnType: 'timestamptz(3)', defaultRaw: 'now()' })
  createdAt: Opt<Date>;
}
