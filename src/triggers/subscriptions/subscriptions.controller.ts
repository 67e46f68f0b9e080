import { Body, Controller, Delete, Get, HttpCode, HttpStatus, Param, Patch, Post, Query, Res } from '@nestjs/common';
import { ApiAcceptedResponse, ApiCreatedResponse, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { type Response } from 'express';
import { ApiProblems } from '../../common/http/problems/api-problems.js';
import { Caller, type Principal, RequireScope } from '../../users/index.js';
import { EventResponse } from '../events/event.dto.js';
import {
  CreateSubscriptionRequest,
  EventDataRequest,
  EventTestResponse,
  RotateSecretRequest,
  SubscriptionPage,
  SubscriptionQuery,
  SubscriptionResponse,
  UpcomingQuery,
  UpcomingResponse,
  UpdateSubscriptionRequest,
} from './subscription.dto.js';
import { SubscriptionTrials } from './subscription-trials.js';
import { SubscriptionsService } from './subscriptions.service.js';

@ApiTags('Triggers')
@Controller('v1/trigger-subscriptions')
export class SubscriptionsController {
  constructor(
    private readonly subscriptions: SubscriptionsService,
    private readonly trials: SubscriptionTrials,
  ) {}

  /** Subscribe a workflow to events. Its secret, if it has one, is in this answer only. */
  @RequireScope('triggers:write')
  @ApiProblems(404, 422)
  @ApiCreatedResponse({ type: SubscriptionResponse, headers: { Location: { schema: { type: 'string' } } } })
  @Post()
  async createSubscription(
    @Caller() caller: Principal,
    @Body() body: CreateSubscriptionRequest,
    @Res({ passthrough: true }) response: Response,
  ): Promise<SubscriptionResponse> {
    const subscription = await this.subscriptions.create(caller, body);
    response.setHeader('Location', `/v1/trigger-subscriptions/${subscription.subscription_id}`);
    return subscription;
  }

  /** Your subscriptions, newest first. */
  @RequireScope('triggers:read')
  @Get()
  listSubscriptions(@Caller() caller: Principal, @Query() query: SubscriptionQuery): Promise<SubscriptionPage> {
    return this.subscriptions.list(caller, query);
  }

  /** A subscription. */
  @RequireScope('triggers:read')
  @ApiProblems(404)
  @Get(':id')
  getSubscription(@Caller() caller: Principal, @Param('id') id: string): Promise<SubscriptionResponse> {
    return this.subscriptions.get(caller, id);
  }

  /** Change a subscription, or switch it on or off. Takes effect at once. */
  @RequireScope('triggers:write')
  @ApiProblems(404, 422)
  @Patch(':id')
  updateSubscription(
    @Caller() caller: Principal,
    @Param('id') id: string,
    @Body() body: UpdateSubscriptionRequest,
  ): Promise<SubscriptionResponse> {
    return this.subscriptions.update(caller, id, body);
  }

  /** Delete a subscription with its events. Runs that they started stay. */
  @RequireScope('triggers:write')
  @ApiProblems(404)
  @HttpCode(HttpStatus.NO_CONTENT)
  @Delete(':id')
  deleteSubscription(@Caller() caller: Principal, @Param('id') id: string): Promise<void> {
    return this.subscriptions.delete(caller, id);
  }

  /** Dry run: what would become of an event, and what its run would start with. Nothing is written. */
  @RequireScope('triggers:write')
  @ApiProblems(404, 409)
  @HttpCode(HttpStatus.OK)
  @ApiOkResponse({ type: EventTestResponse })
  @Post(':id/test')
  testSubscription(
    @Caller() caller: Principal,
    @Param('id') id: string,
    @Body() body: EventDataRequest,
  ): Promise<EventTestResponse> {
    return this.trials.test(caller, id, body);
  }

  /** Fire once, now, whatever the schedule and earlier events are. */
  @RequireScope('triggers:write')
  @ApiProblems(404, 409)
  @HttpCode(HttpStatus.ACCEPTED)
  @ApiAcceptedResponse({ type: EventResponse })
  @Post(':id/fire')
  fireSubscription(
    @Caller() caller: Principal,
    @Param('id') id: string,
    @Body() body: EventDataRequest,
  ): Promise<EventResponse> {
    return this.trials.fire(caller, id, body);
  }

  /** Another secret. The one before counts for 24 hours more, so that the sender can be changed without a gap. */
  @RequireScope('triggers:write')
  @ApiProblems(404, 409, 422)
  @HttpCode(HttpStatus.OK)
  @ApiOkResponse({ type: SubscriptionResponse })
  @Post(':id/rotate-secret')
  rotateSecret(
    @Caller() caller: Principal,
    @Param('id') id: string,
    @Body() body: RotateSecretRequest,
  ): Promise<SubscriptionResponse> {
    return this.subscriptions.rotateSecret(caller, id, body.secret);
  }

  /** When a schedule fires next. */
  @RequireScope('triggers:read')
  @ApiProblems(404, 409)
  @Get(':id/upcoming')
  listUpcoming(
    @Caller() caller: Principal,
    @Param('id') id: string,
    @Query() query: UpcomingQuery,
  ): Promise<UpcomingResponse> {
    return this.trials.upcoming(caller, id, query);
  }
}
