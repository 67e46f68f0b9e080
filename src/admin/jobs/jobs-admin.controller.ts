import { Controller, Get, HttpCode, HttpStatus, Param, Post, Query } from '@nestjs/common';
import { ApiAcceptedResponse, ApiTags } from '@nestjs/swagger';
import { ApiProblems } from '../../common/http/problems/api-problems.js';
import { Caller, type Principal, RequireScope } from '../../users/index.js';
import { JobPage, JobQuery, RedrivenJobResponse } from './job.dto.js';
import { JobsAdminService } from './jobs-admin.service.js';

@ApiTags('Admin')
@Controller('v1/admin/jobs')
export class JobsAdminController {
  constructor(private readonly jobs: JobsAdminService) {}

  /** Background jobs that have failed for good, with why; the oldest first. */
  @RequireScope('admin')
  @Get()
  listFailedJobs(@Caller() caller: Principal, @Query() query: JobQuery): Promise<JobPage> {
    return this.jobs.list(caller, query);
  }

  /** Have a job that has failed for good done again, with all its tries. */
  @RequireScope('admin')
  @ApiProblems(404, 409)
  @ApiAcceptedResponse({ type: RedrivenJobResponse })
  @HttpCode(HttpStatus.ACCEPTED)
  @Post(':id/redrive')
  redriveJob(@Param('id') id: string): Promise<RedrivenJobResponse> {
    return this.jobs.redrive(id);
  }
}
