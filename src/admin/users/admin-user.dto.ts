import { ApiProperty } from '@nestjs/swagger';
import { IsBoolean, IsIn, IsString, Length } from 'class-validator';
import { PageOf, PageQuery } from '../../common/http/paging/page.dto.js';
import { Optional } from '../../common/http/validation/optional.js';
import { makePublicId } from '../../common/public-id.js';
import { type User, type UserRole, userRoles, type UserStatus, userStatuses } from '../../users/index.js';

export class UserQuery extends PageQuery {
  /** Those whose e-mail address begins like this, upper and lower case alike. @example ada@ */
  @Optional()
  @IsString()
  @Length(1, 320)
  email?: string;

  /** Only those with this role. */
  @ApiProperty({ required: false, enum: userRoles })
  @Optional()
  @IsIn(userRoles)
  role?: UserRole;

  /** Only those who are like this. */
  @ApiProperty({ required: false, enum: userStatuses })
  @Optional()
  @IsIn(userStatuses)
  status?: UserStatus;
}

export class UpdateUserRequest {
  /** `admin` may use the admin API. Takes effect with their next request. */
  @ApiProperty({ required: false, enum: userRoles })
  @Optional()
  @IsIn(userRoles)
  role?: UserRole;

  /** True: every credential of theirs is refused, and nothing starts a run of theirs; runs under way go on. False: undone. */
  @Optional()
  @IsBoolean()
  deactivated?: boolean;
}

/** A user, as administrators see them. */
export class UserResponse {
  /** @example usr_0190b6a0-7e2c-7d3a-9f10-3b6f2f0c1a2b */
  id: string;
  /** Subject at the identity provider. @example user_2abc */
  user_id: string;
  /** Who vouches for the subject; `seer` for the first administrator. @example https://id.example.com */
  issuer: string;
  /** Empty when the provider gave none. @example ada@example.com */
  email: string;
  @ApiProperty({ enum: userRoles })
  role: UserRole;
  /**
   * `active`: may sign in. `deactivated`: may not, and nothing of theirs starts a run. `deleting`: deactivated for good, while
   * all that is theirs is deleted.
   */
  @ApiProperty({ enum: userStatuses })
  status: UserStatus;
  /** Null: they are active. */
  deactivated_at: Date | null;
  created_at: Date;

  static from(user: User): UserResponse {
    return Object.assign(new UserResponse(), fieldsOf(user));
  }
}

export class UserPage extends PageOf(UserResponse) {}

/** How much somebody has. */
export class UserCounts {
  /** @example 12 */
  @ApiProperty({ type: 'integer' })
  workflows: number;
  /** Made in the last 24 hours. @example 340 */
  @ApiProperty({ type: 'integer' })
  runs_last_day: number;
  /** @example 3 */
  @ApiProperty({ type: 'integer' })
  connections: number;
  /** @example 5 */
  @ApiProperty({ type: 'integer' })
  subscriptions: number;
  /** Neither revoked nor expired. @example 2 */
  @ApiProperty({ type: 'integer' })
  live_api_keys: number;
}

export class UserWithCountsResponse extends UserResponse {
  counts: UserCounts;

  static with(user: User, counts: UserCounts): UserWithCountsResponse {
    return Object.assign(new UserWithCountsResponse(), fieldsOf(user), { counts });
  }
}

function fieldsOf(user: User): UserResponse {
  return {
    id: makePublicId('user', user.publicId),
    user_id: user.userId,
    issuer: user.issuer,
    email: user.email,
    role: user.role,
    status: user.status,
    deactivated_at: user.deactivatedAt,
    created_at: user.createdAt,
  };
}
