import { Controller, Get, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { AllConnections, AllConnectionsQuery, OwnedConnectionPage } from '../../oauth/index.js';
import { Caller, type Principal, RequireScope } from '../../users/index.js';

@ApiTags('Admin')
@Controller('v1/admin/connections')
export class ConnectionsAdminController {
  constructor(private readonly connections: AllConnections) {}

  /** Connected accounts of all users, newest first, with how much depends on each. */
  @RequireScope('admin')
  @Get()
  listAllConnections(@Caller() caller: Principal, @Query() query: AllConnectionsQuery): Promise<OwnedConnectionPage> {
    return this.connections.list(caller, query);
  }
}
