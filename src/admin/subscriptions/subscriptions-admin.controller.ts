import { Controller, Get, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { AllSubscriptions, AllSubscriptionsQuery, OwnedSubscriptionPage } from '../../triggers/index.js';
import { Caller, type Principal, RequireScope } from '../../users/index.js';

@ApiTags('Admin')
@Controller('v1/admin/subscriptions')
export class SubscriptionsAdminController {
  constructor(private readonly subscriptions: AllSubscriptions) {}

  /** Subscriptions of all users, newest first. */
  @RequireScope('admin')
  @Get()
  listAllSubscriptions(
    @Caller() caller: Principal,
    @Query() query: AllSubscriptionsQuery,
  ): Promise<OwnedSubscriptionPage> {
    return this.subscriptions.list(caller, query);
  }
}
