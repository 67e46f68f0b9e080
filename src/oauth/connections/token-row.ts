import { makePublicId } from '../../common/public-id.js';
import { ConnectionNeedsReauthError } from '../oauth.errors.js';
import { type TokenOwner } from './connection-tokens.js';
import { type OAuthConnectionStatus } from './oauth-connection.entity.js';

/** A token that works at the moment. */
export interface FreshToken {
  readonly accessToken: string;
  /** Granted. */
  readonly scopes: readonly string[];
  /** The uuid of its connection. */
  readonly connectionId: string;
  readonly provider: string;
}

/** A connection as far as its tokens go. */
export interface TokenRow {
  id: string;
  connection_id: string;
  user_id: string;
  provider: string;
  account_label: string;
  access_token: string;
  refresh_token: string | null;
  scopes: string[];
  status: OAuthConnectionStatus;
  last_error: string | null;
  refresh_failures: number;
  /** Whether it lasts long enough to be used. */
  lasts: boolean;
  /** Whether it has not ended yet. */
  works: boolean;
  /** Seconds until a refresh may be tried again; none or less: at once. */
  patience: number | null;
}

/** Takes the seconds that a token must last. */
export const tokenColumns = `id::text, connection_id, user_id::text, provider, account_label, access_token, refresh_token, scopes, status,
  last_error, refresh_failures,
  expires_at is null or expires_at > now() + ? * interval '1 second' as lasts,
  expires_at is null or expires_at > now() as works,
  extract(epoch from retry_at - now())::float8 as patience`;

export function freshOf({ connection_id: connectionId, provider, scopes }: TokenRow, accessToken: string): FreshToken {
  return { accessToken, scopes, connectionId, provider };
}

export function ownerOf({ connection_id: connectionId, user_id: userId }: TokenRow): TokenOwner {
  return { connectionId, userId };
}

export function publicIdOf(row: TokenRow): string {
  return makePublicId('connection', row.connection_id);
}

export function needsReauth(row: TokenRow, why: string): ConnectionNeedsReauthError {
  return new ConnectionNeedsReauthError(publicIdOf(row), row.provider, row.account_label, why);
}
