import { ApiProperty } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsInt, IsString, Length, Max, MaxLength, Min } from 'class-validator';
import { Optional } from '../../common/http/validation/optional.js';

/** Cursors here are the provider's own, and some are long. */
const CURSOR_CHARACTERS = 4_096;

export class BrowseQuery {
  /**
   * The account to look into; left out, the only one of the provider.
   * @example conn_0190b6a0-7e2c-7d3a-9f10-3b6f2f0c1a2b
   */
  @Optional()
  @IsString()
  @MaxLength(100)
  connection_id?: string;

  /** The resource to look into, for what belongs to a resource and not to an account; left out, the only one of its type. */
  @Optional()
  @IsString()
  @MaxLength(100)
  resource_id?: string;

  /** What the things are inside of, where they are: the repository of branches, for example. @example ada/engine */
  @Optional()
  @IsString()
  @Length(1, 255)
  parent?: string;

  /** Only what has this in its name. @example budget */
  @Optional()
  @IsString()
  @Length(1, 200)
  query?: string;

  /** `next_cursor` of the page before; leave it out for the first page. */
  @Optional()
  @IsString()
  @Length(1, CURSOR_CHARACTERS)
  cursor?: string;

  /** How many items to return at most. There may be fewer, and more on the next page all the same. */
  @ApiProperty({ required: false, minimum: 1, maximum: 100, default: 50, type: 'integer' })
  @IsInt()
  @Min(1)
  @Max(100)
  @Type(() => Number)
  limit = 50;
}

export class BrowsedItemResponse {
  /** What the input of a tool takes. @example 1BxiMVs0XRA5nFMdKvBdBZjgmUUqptlbs74OgvE2upms */
  id: string;
  /** @example Budget 2026 */
  title: string;
  /** @example "changed 2026-01-31" */
  description: string | null;
  /** Where people look at it. @example https://docs.google.com/spreadsheets/d/1BxiMVs0XRA5nFMdKvBdBZjgmUUqptlbs74OgvE2upms */
  url: string | null;
}

export class BrowsedPageResponse {
  items: BrowsedItemResponse[];
  /** `cursor` of the next page; null on the last one. */
  next_cursor: string | null;
}
