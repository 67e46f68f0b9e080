import {
  ArrayMaxSize,
  ArrayNotEmpty,
  ArrayUnique,
  IsIn,
  IsOptional,
  IsRFC3339,
  IsString,
  Length,
  Matches,
} from 'class-validator';
import { PageOf } from '../../common/http/paging/page.dto.js';
import { makePublicId } from '../../common/public-id.js';
import { type ScopeName, scopeNames } from '../auth/scopes.js';
import { type ApiKey } from './api-key.entity.js';

export class CreateApiKeyRequest {
  /** What the key is for, so that you know which one to revoke. @example Deploy script */
  @IsString()
  @Length(1, 255)
  @Matches(/\S/, { message: 'name must not be blank' })
  name: string;

  /** What the key may do: at most what you may do yourself. @example ["workflows:read","runs:write"] */
  @ArrayNotEmpty()
  @ArrayMaxSize(scopeNames.length)
  @ArrayUnique()
  @IsIn(scopeNames, { each: true })
  scopes: ScopeName[];

  /** When the key stops working (ISO 8601 with offset, in the future); without it, never. @example 2030-01-01T00:00:00.000Z */
  @IsOptional()
  @IsRFC3339()
  expires_at?: string | null;
}

/** An API key, without its secret. */
export class ApiKeyResponse {
  /** @example key_0190b6a0-7e2c-7d3a-9f10-3b6f2f0c1a2b */
  key_id: string;
  /** @example Deploy script */
  name: string;
  /** The first characters of the secret. @example sk_ab12 */
  prefix: string;
  /** @example ["workflows:read","runs:write"] */
  scopes: ScopeName[];
  /** Null: it does not expire. */
  expires_at: Date | null;
  /** Exact to a minute; null: never used. */
  last_used_at: Date | null;
  /** Null: it is not revoked. */
  revoked_at: Date | null;
  created_at: Date;

  static from(key: ApiKey): ApiKeyResponse {
    return Object.assign(new ApiKeyResponse(), fieldsOf(key));
  }
}

export class ApiKeyPage extends PageOf(ApiKeyResponse) {}

/** The answer that makes an API key: the only one that shows its secret. */
export class CreatedApiKeyResponse extends ApiKeyResponse {
  /** The secret: send it as `Authorization: Bearer <key>`. It can't be shown again. @example sk_ab12… */
  key: string;

  static made({ key, secret }: { key: ApiKey; secret: string }): CreatedApiKeyResponse {
    return Object.assign(new CreatedApiKeyResponse(), fieldsOf(key), { key: secret });
  }
}

function fieldsOf(key: ApiKey): ApiKeyResponse {
  return {
    key_id: makePublicId('apiKey', key.keyId),
    name: key.name,
    prefix: key.prefix,
    scopes: key.scopes,
    expires_at: key.expiresAt,
    last_used_at: key.lastUsedAt,
    revoked_at: key.revokedAt,
    created_at: key.createdAt,
  };
}
