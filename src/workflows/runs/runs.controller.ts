import {
  Body,
  Controller,
  Get,
  HttpCode,
  HttpStatus,
  Param,
  Post,
  Query,
  Res,
  type StreamableFile,
} from '@nestjs/common';
import { ApiAcceptedResponse, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { type Response } from 'express';
import { answerEvents } from '../../common/http/event-stream.js';
import { IdempotencyClaimed, type IdempotencyOfRequest } from '../../common/http/idempotency/idempotent.js';
import { ApiProblems } from '../../common/http/problems/api-problems.js';
import { Caller, type Principal, RequireScope } from '../../users/index.js';
import { ApiStartedRun } from '../history/api-run-events.js';
import { RunEvents } from '../history/run-events.js';
import { respondWithRun } from './respond-with-run.js';
import { RunControl } from './run-control.service.js';
import { RunReader } from './run-reader.js';
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
    private readonly events: RunEvents,
  ) {}

  /** Run a workflow. */
  @RequireScope('runs:write')
  @ApiProblems(404, 409)
  @ApiStartedRun()
  @Post('workflows/:id/runs')
  async startRun(
    @Caller() caller: Principal,
    @Param('id') id: string,
    @Query() query: StartRunQuery,
    @Body() body: StartRunRequest,
    @IdempotencyClaimed() idempotency: IdempotencyOfRequest | undefined,
    @Res({ passthrough: true }) response: Response,
  ): Promise<RunResponse | StreamableFile> {
    const options = { mode: query.stream ? 'async' : query.mode, idempotency } as const;
    return this.answer(caller, query, response, () => this.runs.start(caller, id, body, options));
  }

  /** Run a spec without storing a workflow. */
  @RequireScope('runs:write')
  @ApiStartedRun()
  @ApiProblems(409)
  @Post('runs')
  async startAdHocRun(
    @Caller() caller: Principal,
    @Query() query: StartRunQuery,
    @Body() body: StartAdHocRunRequest,
    @IdempotencyClaimed() idempotency: IdempotencyOfRequest | undefined,
    @Res({ passthrough: true }) response: Response,
  ): Promise<RunResponse | StreamableFile> {
    const options = { mode: query.stream ? 'async' : query.mode, idempotency } as const;
    return this.answer(caller, query, response, () => this.runs.startAdHoc(caller, body, options));
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

  private async answer(
    caller: Principal,
    { mode, stream }: StartRunQuery,
    response: Response,
    start: () => Promise<RunAnswer>,
  ): Promise<RunResponse | StreamableFile> {
    if (!stream) return respondWithRun(response, await start(), mode);
    const events = await this.events.watchNew(caller, async () => {
      const { run_id: runId } = respondWithRun(response, await start());
      response.status(HttpStatus.OK).setHeader('X-Run-Id', runId);
      return runId;
    });
    return answerEvents(response, events);
  }
}
