import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable, Logger } from '@nestjs/common';
import { asDatabaseUnavailable } from '../../common/database/database.errors.js';
import { EgressError } from '../../common/egress/egress.errors.js';
import { DomainError } from '../../common/errors.js';
import { makePublicId } from '../../common/public-id.js';
import { makeStorable } from '../../common/storable-text.js';
import { ToolError } from '../../integrations/index.js';
import { ExpressionError } from '../../workflows/index.js';

/** A poll that was taken up. */
interface PollRow {
  readonly id: string;
  readonly subscription_id: string;
  readonly fence: number;
}

/** Why a poll failed, as its owner may know it. */
interface Failure {
  readonly code: string;
  readonly message: string;
  /** Seconds that the other side wants to be left alone. */
  readonly retryAfter: number;
}

const FIRST_BACKOFF_SECONDS = 15;
const MOST_BACKOFF_SECONDS = 3_600;
/** Whoever asks to be left alone for longer is asked again after this. */
const MOST_RETRY_AFTER_SECONDS = 86_400;
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
 * else fails is tried again, ever later, and after days not any more. The right sides see the row as it was: the first
 * failure finds none before it. Jitter only shortens the wait, and a Retry-After is never cut short.
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
        else now() + interval '1 second' * greatest(?::float8,
          ?::float8 * least(${FIRST_BACKOFF_SECONDS} * power(2, least(failures, 20)), ${MOST_BACKOFF_SECONDS})) end
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
    const failure = failureOf(error);
    const isOwners = failure !== undefined && needsOwner.has(failure.code);
    // Of what is wrong inside Seer not a word: it may hold SQL.
    const reason = failure?.message ?? 'It failed for a reason inside Seer; the log has it.';
    const jitter = 0.8 + Math.random() * 0.2;
    const [row] = await this.em
      .fork()
      .execute<[{ status: string; failures: number }?]>(failed, [
        reason,
        isOwners,
        isOwners,
        failure?.retryAfter ?? 0,
        jitter,
        id,
        fence,
      ]);
    if (!row) return;
    const about = { subscription_id: makePublicId('subscription', uuid), failures: row.failures, reason };
    if (failure) this.log.warn(about, `A poll failed; its subscription is ${row.status}`);
    else this.log.error({ err: error, ...about }, 'A poll failed inside Seer');
  }

  /** The process stops: another one takes it up. */
  async handBack({ id, fence }: PollRow): Promise<void> {
    await this.em
      .fork()
      .execute('update trigger_subscription set next_fire_at = now() where id = ? and fence = ?', [id, fence]);
  }
}

/** Undefined: a fault of Seer's. A driver's error has a code and a message as well, so the kinds are named here. */
function failureOf(error: unknown): Failure | undefined {
  if (!(error instanceof Error)) return undefined;
  if (error.name === 'TimeoutError') {
    return { code: 'poll-timeout', message: 'It took too long to answer.', retryAfter: 0 };
  }
  if (![ToolError, EgressError, DomainError, ExpressionError].some((kind) => error instanceof kind)) return undefined;
  const { code, message, retryAfter = 0 } = error as Error & { code: string; retryAfter?: number };
  const shown = JSON.parse(makeStorable(JSON.stringify(message.slice(0, LONGEST_ERROR)))) as string;
  return { code, message: shown, retryAfter: Math.min(retryAfter, MOST_RETRY_AFTER_SECONDS) };
}
