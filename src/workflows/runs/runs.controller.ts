import { Body, Controller, Get, HttpCode, HttpStatus, Param, Post, Query, Res } from '@nestjs/common';
import { ApiAcceptedResponse, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { type Response } from 'express';
import {
  ApiIdempotencyKey,
  IdempotencyClaimed,
  type IdempotencyOfRequest,
} from '../../common/http/idempotency/idempotent.js';
import { ApiProblems } from '../../common/http/problems/api-problems.js';
import { Caller, type Principal, RequireScope } from '../../users/index.js';
import { RunControl } from './run-control.service.js';
import { RunReader } from './run-reader.js';
import { isFinal } from './run-status.js';
import {
  GetRunQuery,
  ResumeRunRequest,
  RunListQuery,
  RunOutputResponse,
  RunPage,
  RunResponse,
  StartAdHocRunRequest,
  StartRunQuery,
  StartRunRequest,
  StepListQuery,
  StepPage,
} from './run.dto.js';
import { type RunAnswer, RunsService } from './runs.service.js';

@ApiTags('Runs')
@Controller('v1')
export class RunsController {
  constructor(
    private readonly runs: RunsService,
    private readonly reader: RunReader,
    private readonly control: RunControl,
  ) {}

  /** Run a workflow. */
  @RequireScope('runs:write')
  @ApiIdempotencyKey()
  @ApiProblems(404, 409)
  @ApiOkResponse({ type: RunResponse, description: '`mode=sync`: the run, over.' })
  @ApiAcceptedResponse({ type: RunResponse, description: 'The run is accepted and goes on by itself.' })
  @Post('workflows/:id/runs')
  async startRun(
    @Caller() caller: Principal,
    @Param('id') id: string,
    @Query() { mode }: StartRunQuery,
    @Body() body: StartRunRequest,
    @IdempotencyClaimed() idempotency: IdempotencyOfRequest | undefined,
    @Res({ passthrough: true }) response: Response,
  ): Promise<RunResponse> {
    return answer(response, mode, await this.runs.start(caller, id, body, { mode, idempotency }));
  }

  /** Run a spec without storing a workflow. */
  @RequireScope('runs:write')
  @ApiIdempotencyKey()
  @ApiOkResponse({ type: RunResponse, description: '`mode=sync`: the run, over.' })
  @ApiAcceptedResponse({ type: RunResponse, description: 'The run is accepted and goes on by itself.' })
  @Post('runs')
  async startAdHocRun(
    @Caller() caller: Principal,
    @Query() { mode }: StartRunQuery,
    @Body() body: StartAdHocRunRequest,
    @IdempotencyClaimed() idempotency: IdempotencyOfRequest | undefined,
    @Res({ passthrough: true }) response: Response,
  ): Promise<RunResponse> {
    return answer(response, mode, await this.runs.startAdHoc(caller, body, { mode, idempotency }));
  }

  /** Your runs, newest first. */
  @RequireScope('runs:read')
  @Get('runs')
  listRuns(@Caller() caller: Principal, @Query() query: RunListQuery): Promise<RunPage> {
    return this.reader.list(caller, query);
  }

  /** A run. */
  @RequireScope('runs:read')
  @ApiProblems(404)
  @Get('runs/:id')
  getRun(
    @Caller() caller: Principal,
    @Param('id') id: string,
    @Query() { include }: GetRunQuery,
  ): Promise<RunResponse> {
    return this.reader.get(caller, id, { withSpec: include === 'spec' });
  }

  /** What a run gave. */
  @RequireScope('runs:read')
  @ApiProblems(404)
  @Get('runs/:id/output')
  async getRunOutput(@Caller() caller: Principal, @Param('id') id: string): Promise<RunOutputResponse> {
    const { status, outputs } = await this.reader.get(caller, id);
    return { status, outputs };
  }

  /** Cancel a run, with the runs it has started. Idempotent: a run that is over is returned as it is. */
  @RequireScope('runs:write')
  @ApiProblems(404)
  @ApiOkResponse({ type: RunResponse })
  @HttpCode(HttpStatus.OK)
  @Post('runs/:id/cancel')
  cancelRun(@Caller() caller: Principal, @Param('id') id: string): Promise<RunResponse> {
    return this.control.cancel(caller, id);
  }

  /** Answer what a run waits for, or let it go on before a wait is over. */
  @RequireScope('runs:write')
  @ApiProblems(404, 409, 422)
  @ApiAcceptedResponse({ type: RunResponse, description: 'The answer is taken; the run goes on by itself.' })
  @HttpCode(HttpStatus.ACCEPTED)
  @Post('runs/:id/resume')
  resumeRun(
    @Caller() caller: Principal,
    @Param('id') id: string,
    @Body() request: ResumeRunRequest,
  ): Promise<RunResponse> {
    return this.control.resume(caller, id, request);
  }

  /** What each node of a run did, in the order they ended. */
  @RequireScope('runs:read')
  @ApiProblems(404)
  @Get('runs/:id/steps')
  listRunSteps(@Caller() caller: Principal, @Param('id') id: string, @Query() query: StepListQuery): Promise<StepPage> {
    return this.reader.steps(caller, id, query);
  }
}

/** 200 with the end that `mode=sync` has waited for, else 202. */
function answer(response: Response, mode: StartRunQuery['mode'], { run, isNew }: RunAnswer): RunResponse {
  const over = mode === 'sync' && isFinal(run.status);
  response.status(over ? HttpStatus.OK : HttpStatus.ACCEPTED);
  response.setHeader('Location', `/v1/runs/${run.run_id}`);
  if (!isNew) response.setHeader('Idempotent-Replayed', 'true');
  return run;
}
