import { setTimeout as delay } from 'node:timers/promises';
import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable, Logger } from '@nestjs/common';
import { asDatabaseUnavailable } from '../../common/database/database.errors.js';
import { textArray } from '../../common/database/sql-array.js';
import { EncryptionKeysUnavailableError } from '../../common/encryption/encryption.errors.js';
import { makePublicId } from '../../common/public-id.js';
import { OAuthClients } from '../clients/oauth-clients.js';
import { ConnectionNotFoundError, ConnectionUnavailableError, ProviderNotConfiguredError } from '../oauth.errors.js';
import { TokenEndpoint } from '../protocol/token-endpoint.js';
import { type TokenGrant } from '../protocol/token-grant.js';
import { OAuthRefusedError, OAuthTroubleError } from '../protocol/upstream.errors.js';
import { ProviderRegistry } from '../providers/provider-registry.js';
import { ConnectionTokens, type TokenOwner } from './connection-tokens.js';
import { type OAuthConnectionStatus } from './oauth-connection.entity.js';
import { tokenRefreshes } from './refresh-metrics.js';
import {
  freshOf,
  type FreshToken,
  needsReauth,
  ownerOf,
  publicIdOf,
  tokenColumns,
  type TokenRow,
} from './token-row.js';
import { Turnstile } from './turnstile.js';

/** What came of a refresh, to be told when it is stored. */
type Outcome = { row: TokenRow; accessToken: string } | { error: Error };

/** What a provider gave. */
interface Refreshed {
  row: TokenRow;
  grant: TokenGrant;
}

/** A token is refreshed this long before it ends: it has to last for the request it is taken for. */
const LEEWAY_SECONDS = 60;
/** Each holds a connection of the pool while a provider thinks. */
const REFRESHES_AT_A_TIME = 3;
const FIRST_BACKOFF_SECONDS = 5;
const MOST_BACKOFF_SECONDS = 3_600;
/** For how long, and how often, it is tried to store what a provider gave. */
const RESCUE_MS = 60_000;
const RESCUE_PAUSE_MS = 200;

/** A refresh token that is never taken again (RFC 6749, 5.2); `tokenAnswer` puts a provider's own words into these. */
const goneForGood = new Set(['invalid_grant', 'access_denied']);
/** No standard code says that the owner took access back; these are Slack's. */
const takenBack = new Set(['token_revoked', 'account_inactive']);

/** The one path to access tokens. Refreshes a token that is about to end: once, whoever asks and however many. */
@Injectable()
export class AccessTokens {
  private readonly log = new Logger(AccessTokens.name);
  private readonly underWay = new Map<string, Promise<FreshToken>>();
  private readonly turnstile = new Turnstile(REFRESHES_AT_A_TIME);

  constructor(
    private readonly em: EntityManager,
    private readonly tokens: ConnectionTokens,
    private readonly registry: ProviderRegistry,
    private readonly clients: OAuthClients,
    private readonly endpoint: TokenEndpoint,
  ) {}

  /**
   * A token of a connection of this user that is good for another minute.
   * @param connectionId uuid
   * @param rejected a token that the provider has just refused although it had not ended: it is not given again
   * @param leewaySeconds how long the token must last
   * @throws ConnectionNotFoundError
   * @throws ConnectionNeedsReauthError when only the account's owner can help
   * @throws ConnectionUnavailableError when the provider gives no new one at the moment
   */
  async fresh(
    { connectionId, userId }: { connectionId: string; userId: string },
    { rejected, leewaySeconds = LEEWAY_SECONDS }: { rejected?: string; leewaySeconds?: number } = {},
  ): Promise<FreshToken> {
    const row = await this.read(this.em.fork(), connectionId, userId, leewaySeconds);
    const known = await this.usable(row, rejected);
    return known ?? this.refreshOnce(row, rejected, leewaySeconds);
  }

  /**
   * An API of the provider refuses a token that it has only just been given: only the owner of the account can help.
   * @returns the error to be thrown
   */
  async refused({ connectionId, userId }: TokenOwner, accessToken: string): Promise<Error> {
    const outcome = await this.em.fork().transactional(async (em): Promise<Outcome> => {
      const row = await this.read(em, connectionId, userId, LEEWAY_SECONDS, 'for update');
      const current = await this.open(row);
      const why = 'the provider refuses even a new access token.';
      // Another one by now, such as after a new consent: that may work, another time.
      if (current !== accessToken)
        return { error: new ConnectionUnavailableError(publicIdOf(row), row.provider, why, 1) };
      return this.end(em, row, 'reauth_required', why);
    });
    return 'error' in outcome ? outcome.error : new Error('a refused token ends in an error');
  }

  /** Callers of this process share one refresh. */
  private refreshOnce(row: TokenRow, rejected: string | undefined, leewaySeconds: number): Promise<FreshToken> {
    const { id } = row;
    const known = this.underWay.get(id);
    if (known) return known;
    const refresh = this.turnstile
      .pass(() => this.refresh(row, rejected, leewaySeconds))
      .finally(() => this.underWay.delete(id));
    this.underWay.set(id, refresh);
    return refresh;
  }

  /**
   * The row is locked while the provider is asked: others wait, and then find the new token. What came of it is stored
   * with the lock, an error as well as a token.
   */
  private async refresh(
    { connection_id: connectionId, user_id: userId }: TokenRow,
    rejected: string | undefined,
    leewaySeconds: number,
  ): Promise<FreshToken> {
    const given: { refresh?: Refreshed } = {};
    await this.tokens.prepare();
    const transaction = this.em.fork().transactional(async (em): Promise<Outcome> => {
      const row = await this.read(em, connectionId, userId, leewaySeconds, 'for update');
      const known = await this.usable(row, rejected);
      if (known) return { row, accessToken: known.accessToken };
      if (row.refresh_token === null) {
        const why = 'its access token ended, and the provider gave no refresh token.';
        return this.end(em, row, 'reauth_required', why);
      }
      if (row.patience !== null && row.patience > 0) return this.makeDo(row, rejected, row.patience);
      return this.ask(em, row, row.refresh_token, rejected, (refresh) => (given.refresh = refresh));
    });
    const outcome = await transaction.catch((error: unknown) => this.rescue(given.refresh, error));
    if ('error' in outcome) throw outcome.error;
    return freshOf(outcome.row, outcome.accessToken);
  }

  /**
   * The provider has given new tokens, and the database went away before they were stored. Most providers take the old
   * refresh token no more, so what they gave is not let go of until it is stored, or for as long as there is hope.
   */
  private async rescue(refreshed: Refreshed | undefined, error: unknown): Promise<Outcome> {
    if (!refreshed || !isAway(error)) throw error;
    for (const late = performance.now() + RESCUE_MS; performance.now() < late; await delay(RESCUE_PAUSE_MS)) {
      try {
        await this.tokens.prepare();
        await this.store(this.em.fork(), refreshed);
        return { row: refreshed.row, accessToken: refreshed.grant.accessToken };
      } catch (again) {
        if (!isAway(again)) throw again;
      }
    }
    throw error;
  }

  private async ask(
    em: EntityManager,
    row: TokenRow,
    sealed: string,
    rejected: string | undefined,
    hold: (refreshed: Refreshed) => void,
  ): Promise<Outcome> {
    const provider = this.registry.get(row.provider);
    try {
      const refreshToken = await this.tokens.open(ownerOf(row), 'refresh_token', sealed);
      const grant = await this.endpoint.refresh(provider, await this.clients.of(provider), refreshToken);
      const refreshed = { row: { ...row, scopes: grant.scopes ?? row.scopes }, grant };
      hold(refreshed);
      await this.store(em, refreshed);
      tokenRefreshes.add({ provider: row.provider, outcome: 'refreshed' });
      return { row: refreshed.row, accessToken: grant.accessToken };
    } catch (error) {
      const isEnd = error instanceof OAuthRefusedError && (takenBack.has(error.error) || goneForGood.has(error.error));
      if (isEnd) tokenRefreshes.add({ provider: row.provider, outcome: 'ended' });
      if (error instanceof OAuthRefusedError && takenBack.has(error.error)) {
        return this.end(em, row, 'revoked', `${provider.title} says that access was taken back.`);
      }
      if (error instanceof OAuthRefusedError && goneForGood.has(error.error)) {
        return this.end(em, row, 'reauth_required', `${provider.title} refuses its refresh token (${error.error}).`);
      }
      const isTrouble = error instanceof OAuthTroubleError || error instanceof OAuthRefusedError;
      if (!isTrouble && !(error instanceof ProviderNotConfiguredError)) throw error;
      tokenRefreshes.add({ provider: row.provider, outcome: 'put_off' });
      return this.backOff(em, row, rejected, error);
    }
  }

  /** Only in place of the refresh token that was used: if another is there by now, that one counts. */
  private async store(em: EntityManager, { row, grant }: Refreshed): Promise<void> {
    const owner = ownerOf(row);
    await em.execute(
      `update oauth_connection
          set access_token = ?, refresh_token = coalesce(?, refresh_token), expires_at = ?, scopes = ?::text[],
              status = 'healthy', last_refreshed_at = now(), last_error = null, refresh_failures = 0, retry_at = null,
              updated_at = now()
        where id = ? and refresh_token = ?`,
      [
        this.tokens.seal(owner, 'access_token', grant.accessToken),
        grant.refreshToken ? this.tokens.seal(owner, 'refresh_token', grant.refreshToken) : null,
        grant.expiresAt,
        textArray(row.scopes),
        row.id,
        row.refresh_token,
      ],
    );
  }

  /** Nobody but the owner can help. */
  private async end(em: EntityManager, row: TokenRow, status: OAuthConnectionStatus, why: string): Promise<Outcome> {
    await em.execute(`update oauth_connection set status = ?, last_error = ?, updated_at = now() where id = ?`, [
      status,
      why,
      row.id,
    ]);
    this.log.warn({ connection_id: publicIdOf(row), provider: row.provider }, `A connection is ${status}: ${why}`);
    return { error: needsReauth(row, why) };
  }

  /** Another time may be better: nobody asks before that. */
  private async backOff(
    em: EntityManager,
    row: TokenRow,
    rejected: string | undefined,
    error: Error,
  ): Promise<Outcome> {
    const wished = error instanceof OAuthTroubleError ? error.retryAfter : undefined;
    const seconds = Math.min(
      wished ?? FIRST_BACKOFF_SECONDS * 2 ** Math.min(row.refresh_failures, 10),
      MOST_BACKOFF_SECONDS,
    );
    await em.execute(
      `update oauth_connection
          set last_error = ?, refresh_failures = least(refresh_failures + 1, 1000),
              retry_at = now() + ? * interval '1 second', updated_at = now()
        where id = ?`,
      [error.message, seconds, row.id],
    );
    return this.makeDo({ ...row, last_error: error.message }, rejected, seconds);
  }

  /** While there is no new token, the old one serves to its very end. */
  private async makeDo(row: TokenRow, rejected: string | undefined, seconds: number): Promise<Outcome> {
    if (row.works) {
      const accessToken = await this.open(row);
      if (accessToken !== rejected) return { row, accessToken };
    }
    const { provider, last_error: why } = row;
    return { error: new ConnectionUnavailableError(publicIdOf(row), provider, why ?? '', Math.ceil(seconds)) };
  }

  /** The stored token, if it is good. @throws ConnectionNeedsReauthError */
  private async usable(row: TokenRow, rejected: string | undefined): Promise<FreshToken | undefined> {
    if (row.status !== 'healthy') throw needsReauth(row, row.last_error ?? '');
    if (!row.lasts) return undefined;
    const accessToken = await this.open(row);
    return accessToken === rejected ? undefined : freshOf(row, accessToken);
  }

  private open(row: TokenRow): Promise<string> {
    return this.tokens.open(ownerOf(row), 'access_token', row.access_token);
  }

  private async read(
    em: EntityManager,
    connectionId: string,
    userId: string,
    leewaySeconds: number,
    lock: '' | 'for update' = '',
  ): Promise<TokenRow> {
    const [row] = await em.execute<TokenRow[]>(
      `select ${tokenColumns} from oauth_connection where connection_id = ? and user_id = ? ${lock}`,
      [leewaySeconds, connectionId, userId],
    );
    if (!row) throw new ConnectionNotFoundError(makePublicId('connection', connectionId));
    return row;
  }
}

/** Without its database a process has no keys to encrypt with either, after some seconds. */
function isAway(error: unknown): boolean {
  return error instanceof EncryptionKeysUnavailableError || asDatabaseUnavailable(error) !== undefined;
}
