import { ApiProperty } from '@nestjs/swagger';
import { IsIn } from 'class-validator';
import { PageOf, PageQuery } from '../../common/http/paging/page.dto.js';
import { JsonObject as JsonObjectField } from '../../common/http/validation/json-field.js';
import { Optional } from '../../common/http/validation/optional.js';
import { type DeadJob } from '../../common/jobs/job-views.js';
import { type JsonObject } from '../../common/json.js';

export class JobQuery extends PageQuery {
  /** Those that have failed for good; others are counted in `GET /v1/admin/queues`. */
  @ApiProperty({ enum: ['failed'], required: false, default: 'failed' })
  @Optional()
  @IsIn(['failed'])
  state?: 'failed';
}

/** Background work that has failed for good. */
export class JobResponse {
  /** @example 0190b6a0-7e2c-7d3a-9f10-3b6f2f0c1a2b */
  job_id: string;
  /** What it does. @example refresh-connections */
  name: string | null;
  @JsonObjectField({ description: 'What it was given; never a secret.', example: {} })
  payload: JsonObject;
  /** How often it was tried again. @example 10 */
  @ApiProperty({ type: 'integer' })
  retries: number;
  /** Why the last try failed. @example The provider does not answer. */
  error: string;
  /** When it was added. */
  created_at: Date;
  /** When it was given up. It is kept for 30 days. */
  failed_at: Date;

  static from(job: DeadJob): JobResponse {
    return Object.assign(new JobResponse(), {
      job_id: job.id,
      name: job.name,
      payload: job.payload,
      retries: job.retries,
      error: job.error,
      created_at: job.createdAt,
      failed_at: job.failedAt,
    } satisfies JobResponse);
  }
}

export class JobPage extends PageOf(JobResponse) {}

export class RedrivenJobResponse {
  /** That which was given up; the new one has another id. @example 0190b6a0-7e2c-7d3a-9f10-3b6f2f0c1a2b */
  job_id: string;
}
