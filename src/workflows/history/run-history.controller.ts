import {
  Body,
  Controller,
  Get,
  Headers,
  HttpCode,
  HttpStatus,
  Param,
  Post,
  Query,
  Res,
  type StreamableFile,
} from '@nestjs/common';
import { ApiAcceptedResponse, ApiHeader, ApiTags } from '@nestjs/swagger';
import { type Response } from 'express';
import { answerEvents } from '../../common/http/event-stream.js';
import {
  ApiIdempotencyKey,
  IdempotencyClaimed,
  type IdempotencyOfRequest,
} from '../../common/http/idempotency/idempotent.js';
import { PageQuery } from '../../common/http/paging/page.dto.js';
import { ApiProblems } from '../../common/http/problems/api-problems.js';
import { Caller, type Principal, RequireScope } from '../../users/index.js';
import { respondWithRun } from '../runs/respond-with-run.js';
import { RunResponse } from '../runs/run.dto.js';
import { ApiRunEvents } from './api-run-events.js';
import { CheckpointPage, CheckpointWithStateResponse, ForkRunRequest } from './checkpoint.dto.js';
import { CheckpointsService } from './checkpoints.service.js';
import { ExplainService } from './explain.service.js';
import { RunExplanationResponse } from './explanation.dto.js';
import { ForksService } from './forks.service.js';
import { lastEventIdOf } from './last-event-id.js';
import { RunEvents } from './run-events.js';

@ApiTags('Run history')
@Controller('v1/runs/:id')
export class RunHistoryController {
  constructor(
    private readonly checkpoints: CheckpointsService,
    private readonly forks: ForksService,
    private readonly explanations: ExplainService,
    private readonly events: RunEvents,
  ) {}

  /** The points of a run from which it can be looked at and forked, in the order of time. */
  @RequireScope('runs:read')
  @ApiProblems(404)
  @Get('checkpoints')
  listCheckpoints(
    @Caller() caller: Principal,
    @Param('id') id: string,
    @Query() query: PageQuery,
  ): Promise<CheckpointPage> {
    return this.checkpoints.list(caller, id, query);
  }

  /** A checkpoint with what later nodes see there. */
  @RequireScope('runs:read')
  @ApiProblems(404)
  @Get('checkpoints/:checkpoint_id')
  getCheckpoint(
    @Caller() caller: Principal,
    @Param('id') id: string,
    @Param('checkpoint_id') checkpointId: string,
  ): Promise<CheckpointWithStateResponse> {
    return this.checkpoints.get(caller, id, checkpointId);
  }

  /**
   * Begin a new run at a checkpoint of this one, with other values if you like. What was done before that point is taken over and
   * not done again.
   */
  @RequireScope('runs:write')
  @ApiIdempotencyKey()
  @ApiProblems(404, 422)
  @ApiAcceptedResponse({ type: RunResponse, description: 'The new run goes on by itself.' })
  @Post('fork')
  @HttpCode(HttpStatus.ACCEPTED)
  async forkRun(
    @Caller() caller: Principal,
    @Param('id') id: string,
    @Body() body: ForkRunRequest,
    @IdempotencyClaimed() idempotency: IdempotencyOfRequest | undefined,
    @Res({ passthrough: true }) response: Response,
  ): Promise<RunResponse> {
    return respondWithRun(response, await this.forks.fork(caller, id, body, idempotency));
  }

  /** Try a FAILED or CANCELLED run again, as a new run that keeps all that was done. */
  @RequireScope('runs:write')
  @ApiIdempotencyKey()
  @ApiProblems(404, 409)
  @ApiAcceptedResponse({ type: RunResponse, description: 'The new run goes on by itself.' })
  @Post('retry')
  @HttpCode(HttpStatus.ACCEPTED)
  async retryRun(
    @Caller() caller: Principal,
    @Param('id') id: string,
    @IdempotencyClaimed() idempotency: IdempotencyOfRequest | undefined,
    @Res({ passthrough: true }) response: Response,
  ): Promise<RunResponse> {
    return respondWithRun(response, await this.forks.retry(caller, id, idempotency));
  }

  /** Why a run started, where it is, why it waits, why it failed, and what a retry would do. */
  @RequireScope('runs:read')
  @ApiProblems(404)
  @Get('explain')
  explainRun(@Caller() caller: Principal, @Param('id') id: string): Promise<RunExplanationResponse> {
    return this.explanations.explain(caller, id);
  }

  /** A run as it goes. */
  @RequireScope('runs:read')
  @ApiHeader({
    name: 'Last-Event-ID',
    required: false,
    description: 'The last `id` that you have seen: the steps after it follow.',
    schema: { type: 'string', pattern: '^[0-9]{1,9}$' },
  })
  @ApiProblems(404)
  @ApiRunEvents()
  @Get('events')
  async watchRun(
    @Caller() caller: Principal,
    @Param('id') id: string,
    @Headers('last-event-id') lastEventId: string | undefined,
    @Res({ passthrough: true }) response: Response,
  ): Promise<StreamableFile> {
    return answerEvents(response, await this.events.watch(caller, id, lastEventIdOf(lastEventId)));
  }
}
