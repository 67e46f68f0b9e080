import { ApiProperty } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsInt, Max, Min } from 'class-validator';
import { OwnerResponse } from '../../users/index.js';

const bytes = { type: 'integer', minimum: 0 } as const;

export class StorageQuery {
  /** How many workflows are listed, the largest first. */
  @ApiProperty({ required: false, minimum: 1, maximum: 100, default: 20, type: 'integer' })
  @IsInt()
  @Min(1)
  @Max(100)
  @Type(() => Number)
  top = 20;
}

export class TableSizeResponse {
  /** @example workflow_run */
  table: string;
  /** As the database last estimated it; 0 before it ever did. @example 120000 */
  @ApiProperty(bytes)
  rows: number;
  /** Bytes of the rows themselves. @example 40000000 */
  @ApiProperty(bytes)
  heap_bytes: number;
  /** @example 12000000 */
  @ApiProperty(bytes)
  index_bytes: number;
  /** Bytes of large values, which lie beside the rows. @example 8000000 */
  @ApiProperty(bytes)
  toast_bytes: number;
  /** @example 60000000 */
  @ApiProperty(bytes)
  total_bytes: number;
}

/** What the runs, steps and events of one workflow take. */
export class WorkflowSizeResponse {
  /** Null: runs without a workflow, of all users. @example wf_0190b6a0-7e2c-7d3a-9f10-3b6f2f0c1a2b */
  workflow_id: string | null;
  /** @example Weekly report */
  name: string | null;
  @ApiProperty({ type: OwnerResponse, nullable: true })
  owner: OwnerResponse | null;
  /** @example 1200 */
  @ApiProperty(bytes)
  runs: number;
  /** @example 6000 */
  @ApiProperty(bytes)
  steps: number;
  /** @example 1200 */
  @ApiProperty(bytes)
  events: number;
  /** Its part of these tables, indexes included. @example 8000000 */
  @ApiProperty(bytes)
  bytes: number;
}

export class StorageResponse {
  computed_at: Date;
  /** The largest first. */
  tables: TableSizeResponse[];
  /** The largest first. */
  workflows: WorkflowSizeResponse[];
  /**
   * Whether `workflows` is an estimate from a sample of the rows, because the tables are large. Workflows that have little may
   * then be missing.
   */
  estimated: boolean;
}
