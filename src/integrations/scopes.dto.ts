import { Transform } from 'class-transformer';
import { ApiProperty } from '@nestjs/swagger';
import { ArrayMaxSize, IsArray, IsString, MaxLength } from 'class-validator';
import { Optional } from '../common/http/validation/optional.js';

export class ScopesQuery {
  /** Tools of the provider, separated by commas. @example gmail.send_email,google_sheets.read_range */
  @ApiProperty({ required: false, type: String, maxLength: 4_096 })
  @Optional()
  @Transform(({ value }: { value: unknown }) =>
    typeof value === 'string' ? [...new Set(value.split(',').filter((name) => name !== ''))] : value,
  )
  @IsArray()
  @ArrayMaxSize(100)
  @IsString({ each: true })
  @MaxLength(100, { each: true })
  tools?: string[];
}

export class NeededScopeResponse {
  /** @example https://www.googleapis.com/auth/gmail.send */
  scope: string;
  /** What it lets Seer do; null when nobody wrote it down. @example Send mail in your name */
  title: string | null;
  /** Which of the tools need it. @example ["gmail.send_email"] */
  tools: string[];
}

export class ScopesResponse {
  /** Always asked for: they tell whose account it is. @example ["openid","email"] */
  base_scopes: string[];
  scopes: NeededScopeResponse[];
}
