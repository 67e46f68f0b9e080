import { Controller, Get, HttpCode, HttpStatus, Param, Post, Query } from '@nestjs/common';
import { ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { ApiProblems } from '../../common/http/problems/api-problems.js';
import { Caller, type Principal, RequireScope } from '../../users/index.js';
import { AllRuns, AllRunsQuery, ExplainedRunResponse, OwnedRunPage, OwnedRunResponse } from '../../workflows/index.js';

@ApiTags('Admin')
@Controller('v1/admin/runs')
export class RunsAdminController {
  constructor(private readonly runs: AllRuns) {}

  /** Runs of all users, newest first. */
  @RequireScope('admin')
  @Get()
  listAllRuns(@Caller() caller: Principal, @Query() query: AllRunsQuery): Promise<OwnedRunPage> {
    return this.runs.list(caller, query);
  }

  /** A run of any user, with why it started, where it is, why it waits, why it failed, and what a retry would do. */
  @RequireScope('admin')
  @ApiProblems(404)
  @Get(':id')
  getAnyRun(@Param('id') id: string): Promise<ExplainedRunResponse> {
    return this.runs.get(id);
  }

  /** Cancel a run of any user, with the runs it has started. Idempotent: a run that is over is returned as it is. */
  @RequireScope('admin')
  @ApiProblems(404)
  @ApiOkResponse({ type: OwnedRunResponse })
  @HttpCode(HttpStatus.OK)
  @Post(':id/cancel')
  cancelAnyRun(@Param('id') id: string): Promise<OwnedRunResponse> {
    return this.runs.cancel(id);
  }
}
