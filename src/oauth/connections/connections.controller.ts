import { Controller, Delete, Get, HttpCode, HttpStatus, Param, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { ApiProblems } from '../../common/http/problems/api-problems.js';
import { Caller, type Principal, RequireScope } from '../../users/index.js';
import {
  ConnectionHealthResponse,
  ConnectionPage,
  ConnectionQuery,
  ConnectionResponse,
  DeletedConnectionResponse,
} from './connection.dto.js';
import { ConnectionsService } from './connections.service.js';

@ApiTags('Connections')
@Controller('v1/integrations/connections')
export class ConnectionsController {
  constructor(private readonly connections: ConnectionsService) {}

  /** Your connected accounts, newest first. */
  @RequireScope('connections:read')
  @Get()
  listConnections(@Caller() caller: Principal, @Query() query: ConnectionQuery): Promise<ConnectionPage> {
    return this.connections.list(caller, query);
  }

  /** A connected account. */
  @RequireScope('connections:read')
  @ApiProblems(404)
  @Get(':id')
  getConnection(@Caller() caller: Principal, @Param('id') id: string): Promise<ConnectionResponse> {
    return this.connections.get(caller, id);
  }

  /** How the connection is, what stops working with it, and a link to connect it again where that is needed. */
  @RequireScope('connections:read')
  @ApiProblems(404)
  @Get(':id/health')
  getConnectionHealth(@Caller() caller: Principal, @Param('id') id: string): Promise<ConnectionHealthResponse> {
    return this.connections.health(caller, id);
  }

  /** Refresh the access token now. Not needed in daily life: tokens are refreshed before they end. */
  @RequireScope('connections:write')
  @ApiProblems(404, 409, 503)
  @HttpCode(HttpStatus.OK)
  @Post(':id/refresh')
  refreshConnection(@Caller() caller: Principal, @Param('id') id: string): Promise<ConnectionResponse> {
    return this.connections.refresh(caller, id);
  }

  /** Take access back at the provider, where it can be, and forget the connection. */
  @RequireScope('connections:write')
  @ApiProblems(404)
  @Delete(':id')
  deleteConnection(@Caller() caller: Principal, @Param('id') id: string): Promise<DeletedConnectionResponse> {
    return this.connections.delete(caller, id);
  }
}
