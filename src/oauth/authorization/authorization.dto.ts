import { Transform } from 'class-transformer';
import { ArrayMaxSize, IsArray, IsString, MaxLength } from 'class-validator';
import { ApiProperty } from '@nestjs/swagger';
import { Optional } from '../../common/http/validation/optional.js';

/** More would not fit into the addresses that are made of them. */
const MAX_SCOPES_CHARACTERS = 8_192;

export class AuthorizeQuery {
  /** Scopes to ask for besides those that tell whose account it is; separated by spaces or commas. @example https://www.googleapis.com/auth/gmail.send */
  @ApiProperty({ required: false, type: String, maxLength: MAX_SCOPES_CHARACTERS })
  @Optional()
  @Transform(({ value }: { value: unknown }) =>
    typeof value === 'string' && value.length <= MAX_SCOPES_CHARACTERS
      ? value.split(/[\s,]+/).filter((scope) => scope !== '')
      : value,
  )
  @IsArray({ message: `scopes must be a text of at most ${MAX_SCOPES_CHARACTERS} characters` })
  @ArrayMaxSize(100)
  @IsString({ each: true })
  @MaxLength(255, { each: true })
  scopes?: string[];

  /**
   * Where the browser goes at the end, with `connection_id`, or with `error` and `error_description`; of an origin in
   * `SEER_FRONTEND_ORIGINS`. Without it, Seer shows a page. @example https://app.example.com/settings
   */
  @Optional()
  @IsString()
  @MaxLength(2_048)
  redirect_to?: string;

  /** A connection to connect again. It keeps its id; the same account must be used. @example conn_0190b6a0-7e2c-7d3a-9f10-3b6f2f0c1a2b */
  @Optional()
  @IsString()
  connection_id?: string;
}

export class AuthorizationResponse {
  /**
   * Where to send the browser *that made this request*: a cookie that came with this answer ties the two together. Good for
   * ten minutes, and once.
   * @example https://accounts.google.com/o/oauth2/v2/auth?response_type=code&…
   */
  authorization_url: string;
  /** When that ends. */
  expires_at: Date;
  /**
   * A link that does the same in any browser, good for seven days: it asks first. For programs without a browser, and to be
   * sent to somebody.
   * @example https://seer.example.com/v1/integrations/google/connect/…
   */
  connect_url: string;
}
