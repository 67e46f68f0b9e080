import { Body, Controller, Get, HttpCode, HttpStatus, Param, Post, Query } from '@nestjs/common';
import { ApiAcceptedResponse, ApiTags } from '@nestjs/swagger';
import { ApiProblems } from '../../common/http/problems/api-problems.js';
import { Caller, type Principal, RequireScope } from '../../users/index.js';
import { EventPage, EventQuery, EventResponse, ReplayEventsRequest, ReplayEventsResponse } from './event.dto.js';
import { EventsService } from './events.service.js';

@ApiTags('Triggers')
@Controller('v1/trigger-events')
export class EventsController {
  constructor(private readonly events: EventsService) {}

  /** Your events, newest first, with what became of each. */
  @RequireScope('triggers:read')
  @Get()
  listEvents(@Caller() caller: Principal, @Query() query: EventQuery): Promise<EventPage> {
    return this.events.list(caller, query);
  }

  /** Let all events of a time happen again, oldest first, as new events that name them. */
  @RequireScope('triggers:write')
  @ApiProblems(404, 409)
  @HttpCode(HttpStatus.ACCEPTED)
  @ApiAcceptedResponse({ type: ReplayEventsResponse })
  @Post('replay')
  replayEvents(@Caller() caller: Principal, @Body() body: ReplayEventsRequest): Promise<ReplayEventsResponse> {
    return this.events.replayRange(caller, body);
  }

  /** An event. */
  @RequireScope('triggers:read')
  @ApiProblems(404)
  @Get(':id')
  getEvent(@Caller() caller: Principal, @Param('id') id: string): Promise<EventResponse> {
    return this.events.get(caller, id);
  }

  /** Let an event happen again, as a new event that names it; that the same one was accepted before does not matter. */
  @RequireScope('triggers:write')
  @ApiProblems(404, 409)
  @HttpCode(HttpStatus.ACCEPTED)
  @ApiAcceptedResponse({ type: EventResponse })
  @Post(':id/replay')
  replayEvent(@Caller() caller: Principal, @Param('id') id: string): Promise<EventResponse> {
    return this.events.replay(caller, id);
  }
}
