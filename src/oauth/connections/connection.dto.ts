import { IsString, Matches } from 'class-validator';
import { PageOf, PageQuery } from '../../common/http/paging/page.dto.js';
import { Optional } from '../../common/http/validation/optional.js';
import { makePublicId } from '../../common/public-id.js';
import { type Dependant } from './connection-dependants.js';
import { type OAuthConnection } from './oauth-connection.entity.js';

/**
 * `healthy`: works. `expiring`: works at the moment, but refreshing fails or is not possible. `reauth_required`: its owner
 * must connect it again. `revoked`: the provider says that access was taken back.
 */
export type ConnectionStatus = 'healthy' | 'expiring' | 'reauth_required' | 'revoked';
export const connectionStatuses: ConnectionStatus[] = ['healthy', 'expiring', 'reauth_required', 'revoked'];

/** Without a refresh token a connection ends with its access token: so long before that it says so. */
export const NOTICE_MS = 7 * 24 * 3_600_000;

export class ConnectionQuery extends PageQuery {
  /** Only those of this provider. @example google */
  @Optional()
  @IsString()
  @Matches(/^[a-z][a-z0-9_]{0,31}$/, { message: 'provider must be the key of a provider' })
  provider?: string;
}

/** An account that Seer may use; its tokens are never shown. */
export class ConnectionResponse {
  /** @example conn_0190b6a0-7e2c-7d3a-9f10-3b6f2f0c1a2b */
  connection_id: string;
  /** @example google */
  provider: string;
  /** The provider's own id of the account. @example 110169484474386276334 */
  provider_account_id: string;
  /** Whose account it is, for people. @example ada@example.com */
  account_label: string;
  /** Granted, which may be less than was asked for. @example ["openid","email"] */
  scopes: string[];
  /**
   * `healthy`: works. `expiring`: works at the moment, but refreshing fails or is not possible. `reauth_required`: must be
   * connected again. `revoked`: the provider says that access was taken back.
   * @example healthy
   */
  status: ConnectionStatus;
  /** When the access token ends, which is refreshed before; null: the provider does not say. */
  expires_at: Date | null;
  last_refreshed_at: Date | null;
  /** Why the last refresh did not succeed. @example null */
  last_error: string | null;
  created_at: Date;
  updated_at: Date;

  static from(connection: OAuthConnection): ConnectionResponse {
    return Object.assign(new ConnectionResponse(), {
      connection_id: makePublicId('connection', connection.connectionId),
      provider: connection.provider,
      provider_account_id: connection.providerAccountId,
      account_label: connection.accountLabel,
      scopes: connection.scopes,
      status: statusOf(connection),
      expires_at: connection.expiresAt,
      last_refreshed_at: connection.lastRefreshedAt,
      last_error: connection.lastError,
      created_at: connection.createdAt,
      updated_at: connection.updatedAt,
    });
  }
}

export class ConnectionPage extends PageOf(ConnectionResponse) {}

export class DependantResponse {
  /** @example workflow */
  kind: 'workflow' | 'resource' | 'subscription';
  /** @example wf_0190b6a0-7e2c-7d3a-9f10-3b6f2f0c1a2b */
  id: string;
  /** @example Weekly report */
  name: string;
  /** @example published version 3 */
  where: string;
}

export class ConnectionHealthResponse {
  /** @example conn_0190b6a0-7e2c-7d3a-9f10-3b6f2f0c1a2b */
  connection_id: string;
  /** As of the connection. @example reauth_required */
  status: ConnectionStatus;
  /** What is wrong; null: nothing. @example "Google refuses its refresh token (invalid_grant)." */
  problem: string | null;
  /**
   * A link for the account's owner to connect it again, in any browser, good for seven days; null while that is not needed.
   * @example null
   */
  reconnect_url: string | null;
  /** What stops working with it. */
  dependants: DependantResponse[];

  static of(
    connection: OAuthConnection,
    reconnectUrl: string,
    dependants: readonly Dependant[],
  ): ConnectionHealthResponse {
    const status = statusOf(connection);
    return Object.assign(new ConnectionHealthResponse(), {
      connection_id: makePublicId('connection', connection.connectionId),
      status,
      problem: connection.lastError,
      reconnect_url: status === 'healthy' ? null : reconnectUrl,
      dependants: [...dependants],
    });
  }
}

export class DeletedConnectionResponse {
  /** @example conn_0190b6a0-7e2c-7d3a-9f10-3b6f2f0c1a2b */
  connection_id: string;
  /**
   * Whether the provider took its tokens back. `unsupported`: it takes none back. `failed`: it did not answer, so access
   * should be taken back in the settings of the account.
   * @example revoked
   */
  upstream: 'revoked' | 'unsupported' | 'failed';
}

type Health = Pick<OAuthConnection, 'status' | 'refreshToken' | 'refreshFailures' | 'expiresAt'>;

export function statusOf({ status, refreshToken, refreshFailures, expiresAt }: Health): ConnectionStatus {
  if (status !== 'healthy') return status;
  const cannotRefresh = refreshToken === null && expiresAt !== null && expiresAt.getTime() - Date.now() < NOTICE_MS;
  return refreshFailures > 0 || cannotRefresh ? 'expiring' : 'healthy';
}
