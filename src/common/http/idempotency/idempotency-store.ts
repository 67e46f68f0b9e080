import { type SqlEntityManager } from '@mikro-orm/postgresql';
import { IdempotencyKeyReusedError } from './idempotency.errors.js';

/** How long an answer is kept. */
const kept = `interval '24 hours'`;

/** Whose key it is, and the request it stands for. */
export interface IdempotencyClaim {
  userId: string;
  key: string;
  /** From `requestHash`. */
  requestHash: Buffer;
}

/** An answer as it is stored and given again. */
export interface StoredAnswer {
  status: number;
  location: string | null;
  /** JSON text; null for an answer without a body. */
  body: string | null;
}

/**
 * Takes the key for this transaction, or finds the answer that was given before. A parallel request with the same key
 * waits here, on the unique index, until the first one commits (then it gets its answer) or rolls back (then it goes on).
 * @throws IdempotencyKeyReusedError when the key stands for another request
 */
export async function claimOrFind(em: SqlEntityManager, claim: IdempotencyClaim): Promise<StoredAnswer | undefined> {
  const { userId, key, requestHash } = claim;
  const taken = await em.execute<unknown[]>(
    `insert into idempotency_record (user_id, key, request_hash) values (?, ?, ?)
     on conflict (user_id, key) do update
       set request_hash = excluded.request_hash, created_at = now(), status = null, location = null, body = null
       where idempotency_record.created_at < now() - ${kept}
     returning key`,
    [userId, key, requestHash],
  );
  if (taken.length > 0) return undefined;
  const [found] = await em.execute<[(StoredAnswer & { request_hash: Buffer })?]>(
    'select request_hash, status, location, body from idempotency_record where user_id = ? and key = ?',
    [userId, key],
  );
  if (!found?.request_hash.equals(requestHash)) throw new IdempotencyKeyReusedError(key);
  return found;
}

/** Completes the record that `claimOrFind` made in this transaction. */
export async function storeAnswer(em: SqlEntityManager, claim: IdempotencyClaim, answer: StoredAnswer): Promise<void> {
  await em.execute('update idempotency_record set status = ?, location = ?, body = ? where user_id = ? and key = ?', [
    answer.status,
    answer.location,
    answer.body,
    claim.userId,
    claim.key,
  ]);
}

/** Deletes at most `limit` of the records that are too old to be used. @returns how many */
export async function pruneIdempotencyRecords(em: SqlEntityManager, limit: number): Promise<number> {
  const { affectedRows } = await em.execute<{ affectedRows: number }>(
    `delete from idempotency_record where (user_id, key) in (
       select user_id, key from idempotency_record where created_at < now() - ${kept} limit ?
     )`,
    [limit],
    'run',
  );
  return affectedRows;
}
