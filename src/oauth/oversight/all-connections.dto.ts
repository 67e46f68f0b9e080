import { ApiProperty } from '@nestjs/swagger';
import { IsIn, IsString, Length } from 'class-validator';
import { dateOf } from '../../common/database/sql-date.js';
import { PageOf } from '../../common/http/paging/page.dto.js';
import { Optional } from '../../common/http/validation/optional.js';
import { makePublicId } from '../../common/public-id.js';
import { OwnerResponse, type OwnerRow } from '../../users/index.js';
import { ConnectionQuery, type ConnectionStatus, connectionStatuses, statusOf } from '../connections/connection.dto.js';
import { type OAuthConnectionStatus } from '../connections/oauth-connection.entity.js';

export class AllConnectionsQuery extends ConnectionQuery {
  @ApiProperty({ enum: connectionStatuses, required: false })
  @Optional()
  @IsIn(connectionStatuses)
  status?: ConnectionStatus;

  /** Only those of this user: the subject at the identity provider. @example user_2abc */
  @Optional()
  @IsString()
  @Length(1, 255)
  user_id?: string;
}

/** A connection as it is read; its tokens are not. */
export interface OwnedConnectionRow extends OwnerRow {
  connection_id: string;
  provider: string;
  account_label: string;
  status: OAuthConnectionStatus;
  has_refresh_token: boolean;
  refresh_failures: number;
  last_error: string | null;
  /** Times as raw SQL gives them. */
  expires_at: string | null;
  last_refreshed_at: string | null;
  created_at: string;
  updated_at: string;
}

/** How many things stop working with a connection. */
export interface DependantCounts {
  readonly resources: number;
  readonly subscriptions: number;
}

/** An account that somebody has connected. */
export class OwnedConnectionResponse {
  /** @example conn_0190b6a0-7e2c-7d3a-9f10-3b6f2f0c1a2b */
  connection_id: string;
  owner: OwnerResponse;
  /** @example google */
  provider: string;
  /** Whose account it is, for people. @example ada@example.com */
  account_label: string;
  /** As its owner sees it. @example healthy */
  @ApiProperty({ enum: connectionStatuses })
  status: ConnectionStatus;
  expires_at: Date | null;
  last_refreshed_at: Date | null;
  /** Refreshes in a row that failed for reasons that may pass. @example 0 */
  @ApiProperty({ type: 'integer' })
  refresh_failures: number;
  /** Why the last refresh did not succeed. @example null */
  last_error: string | null;
  /** Resources that stand on it. @example 1 */
  @ApiProperty({ type: 'integer' })
  resources: number;
  /** Subscriptions that work with it. @example 2 */
  @ApiProperty({ type: 'integer' })
  subscriptions: number;
  created_at: Date;
  updated_at: Date;

  static from(row: OwnedConnectionRow, { resources, subscriptions }: DependantCounts): OwnedConnectionResponse {
    const expiresAt = dateOf(row.expires_at);
    const refreshToken = row.has_refresh_token ? '' : null;
    return Object.assign(new OwnedConnectionResponse(), {
      connection_id: makePublicId('connection', row.connection_id),
      owner: OwnerResponse.from(row),
      provider: row.provider,
      account_label: row.account_label,
      status: statusOf({ status: row.status, refreshToken, refreshFailures: row.refresh_failures, expiresAt }),
      expires_at: expiresAt,
      last_refreshed_at: dateOf(row.last_refreshed_at),
      refresh_failures: row.refresh_failures,
      last_error: row.last_error,
      resources,
      subscriptions,
      created_at: dateOf(row.created_at),
      updated_at: dateOf(row.updated_at),
    } satisfies OwnedConnectionResponse);
  }
}

export class OwnedConnectionPage extends PageOf(OwnedConnectionResponse) {}
