import { ApiProperty } from '@nestjs/swagger';
import { type Type as Class } from '@nestjs/common';
import { Type } from 'class-transformer';
import { IsInt, IsOptional, IsString, Max, MaxLength, Min } from 'class-validator';
import { limits } from '../limits.js';

/** The query of every list; a list with filters extends it. */
export class PageQuery {
  /** How many items to return at most. */
  @ApiProperty({ required: false, minimum: 1, maximum: limits.pageSize, default: 50, type: 'integer' })
  @IsInt()
  @Min(1)
  @Max(limits.pageSize)
  @Type(() => Number)
  limit = 50;

  /** `next_cursor` of the page before; leave it out for the first page. */
  @ApiProperty({ required: false, maxLength: limits.cursorLength, type: 'string' })
  @IsOptional()
  @IsString()
  @MaxLength(limits.cursorLength)
  cursor?: string;
}

/** One page of a list, newest first. */
export interface Page<Item> {
  items: Item[];
  /** `cursor` of the next page; null on the last one. */
  next_cursor: string | null;
}

/** The class of a page of `Item`, for Swagger: `export class WorkflowPage extends PageOf(WorkflowResponse) {}`. */
export function PageOf<Item>(item: Class<Item>): Class<Page<Item>> {
  class PageOfItem implements Page<Item> {
    @ApiProperty({ type: [item] })
    items: Item[];

    @ApiProperty({ type: String, nullable: true, description: '`cursor` of the next page; null on the last one.' })
    next_cursor: string | null;
  }
  return PageOfItem;
}
