import { Controller, Get, HttpCode, HttpStatus, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Jobs } from '../../common/jobs/jobs.service.js';
import { RequireScope } from '../../users/index.js';
import { prune } from './prune.job.js';
import { Pruning } from './pruning.service.js';
import { PruneResponse, RetentionResponse } from './retention.dto.js';

@ApiTags('Admin')
@Controller('v1/admin')
export class RetentionController {
  constructor(
    private readonly pruning: Pruning,
    private readonly jobs: Jobs,
  ) {}

  /** What is kept for how long, about how much of it would go now, and the last pass that deleted what was old. */
  @RequireScope('admin')
  @Get('retention')
  async getRetention(): Promise<RetentionResponse> {
    return RetentionResponse.from(await this.pruning.rules(), await this.pruning.lastPass());
  }

  /** Delete what is old now, not only at the next full hour's 17th minute: a job does it. Idempotent while one waits. */
  @RequireScope('admin')
  @Post('prune')
  @HttpCode(HttpStatus.ACCEPTED)
  async prune(): Promise<PruneResponse> {
    return { job: prune.name, is_new: await this.jobs.enqueue(prune, {}, { singletonKey: 'prune' }) };
  }
}
