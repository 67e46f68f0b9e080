import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable, Logger } from '@nestjs/common';
import { asDatabaseUnavailable } from '../../common/database/database.errors.js';
import { makePublicId } from '../../common/public-id.js';
import { makeStorable } from '../../common/storable-text.js';

/** A poll that was taken up. */
interface PollRow {
  readonly id: string;
  readonly subscription_id: string;
  readonly fence: number;
}

const FIRST_BACKOFF_SECONDS = 15;
const MOST_BACKOFF_SECONDS = 3_600;
/** A subscription that has failed for so long, and never in between worked, is not tried any more. */
const STOPPED_AFTER = '3 days';
const LONGEST_ERROR = 1_000;

/** Only the owner can help: a connection that must be connected again, is gone, or was granted too little. */
const needsOwner = new Set([
  'connection-needs-reauth',
  'connection-missing',
  'connection-not-found',
  'connection-scopes-missing',
]);

/**
 * Counts with the time of the database. What must be connected again waits for that (subscription-connections.ts); what
 * else fails is tried again, ever later, and after days not any more.
 */
const failed = `
  update trigger_subscription
  set failures = failures + 1,
      failing_since = coalesce(failing_since, now()),
      last_error = ?,
      status = case
        when ? then 'reauth_required'
        when failing_since < now() - interval '${STOPPED_AFTER}' then 'stopped'
        else 'failing' end,
      next_fire_at = case
        when ? or failing_since < now() - interval '${STOPPED_AFTER}' then null
        else now() + ? * least(? * power(2, least(failures, 20)), ?) * interval '1 second' end
  where id = ? and fence = ?
  returning status, failures`;

/** What becomes of subscriptions whose polls fail. */
@Injectable()
export class PollFailures {
  private readonly log = new Logger(PollFailures.name);

  constructor(private readonly em: EntityManager) {}

  async record({ id, subscription_id: uuid, fence }: PollRow, error: unknown): Promise<void> {
    // The lease ends by itself; it says nothing about who was asked.
    if (asDatabaseUnavailable(error)) return;
    const isOwners = codeOf(error) !== undefined && needsOwner.has(codeOf(error)!);
    const wished = error instanceof Error && 'retryAfter' in error ? Number(error.retryAfter) || 0 : 0;
    const jitter = 0.9 + Math.random() * 0.2;
    const first = Math.max(FIRST_BACKOFF_SECONDS, Math.min(wished, MOST_BACKOFF_SECONDS));
    const [row] = await this.em
      .fork()
      .execute<[{ status: string; failures: number }?]>(failed, [
        messageOf(error),
        isOwners,
        isOwners,
        jitter,
        first,
        MOST_BACKOFF_SECONDS,
        id,
        fence,
      ]);
    if (!row) return;
    const about = {
      subscription_id: makePublicId('subscription', uuid),
      failures: row.failures,
      reason: messageOf(error),
    };
    if (codeOf(error) === undefined) this.log.error({ err: error, ...about }, 'A poll failed inside Seer');
    else this.log.warn(about, `A poll failed; its subscription is ${row.status}`);
  }

  /** The process stops: another one takes it up. */
  async handBack({ id, fence }: PollRow): Promise<void> {
    await this.em
      .fork()
      .execute('update trigger_subscription set next_fire_at = now() where id = ? and fence = ?', [id, fence]);
  }
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

/** Of what is wrong inside Seer not a word: it may hold SQL. */
function messageOf(error: unknown): string {
  if (codeOf(error) === undefined) return 'It failed for a reason inside Seer; the log has it.';
  return JSON.parse(makeStorable(JSON.stringify((error as Error).message.slice(0, LONGEST_ERROR)))) as string;
}
