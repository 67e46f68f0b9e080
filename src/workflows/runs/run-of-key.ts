import { type SqlEntityManager } from '@mikro-orm/postgresql';
import { IdempotencyKeyReusedError } from '../../common/http/idempotency/idempotency.errors.js';
import { type IdempotencyOfRequest } from '../../common/http/idempotency/idempotent.js';

/**
 * The uuid of the run that the idempotency key stands for, if it is taken.
 * @throws IdempotencyKeyReusedError when it was for another request
 */
export async function runOfKey(
  em: SqlEntityManager,
  userId: string,
  { key, requestHash }: IdempotencyOfRequest,
): Promise<string | undefined> {
  const [record] = await em.execute<[{ request_hash: Buffer; location: string }?]>(
    'select request_hash, location from idempotency_record where user_id = ? and key = ?',
    [userId, key],
  );
  if (record && !record.request_hash.equals(requestHash)) throw new IdempotencyKeyReusedError(key);
  return record?.location;
}
