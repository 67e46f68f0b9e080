import { Body, Controller, Delete, Get, HttpCode, HttpStatus, Param, Patch, Query } from '@nestjs/common';
import { ApiAcceptedResponse, ApiTags } from '@nestjs/swagger';
import { ApiProblems } from '../../common/http/problems/api-problems.js';
import { Caller, type Principal, RequireScope } from '../../users/index.js';
import { UpdateUserRequest, UserPage, UserQuery, UserResponse, UserWithCountsResponse } from './admin-user.dto.js';
import { AdminUsersService } from './admin-users.service.js';

@ApiTags('Admin')
@Controller('v1/admin/users')
export class AdminUsersController {
  constructor(private readonly users: AdminUsersService) {}

  /** All users, newest first. */
  @RequireScope('admin')
  @Get()
  listUsers(@Caller() caller: Principal, @Query() query: UserQuery): Promise<UserPage> {
    return this.users.list(caller, query);
  }

  /** A user, and how much they have. */
  @RequireScope('admin')
  @ApiProblems(404)
  @Get(':id')
  getUser(@Param('id') id: string): Promise<UserWithCountsResponse> {
    return this.users.get(id);
  }

  /** Give another role, deactivate, or undo that. Nobody can demote or deactivate themselves. */
  @RequireScope('admin')
  @ApiProblems(404, 409)
  @Patch(':id')
  updateUser(
    @Caller() caller: Principal,
    @Param('id') id: string,
    @Body() body: UpdateUserRequest,
  ): Promise<UserResponse> {
    return this.users.update(caller, id, body);
  }

  /**
   * Delete a user and all that is theirs. They are deactivated at once; a job cancels their runs, gives tokens back to
   * providers where these take them, and deletes everything. Until it is done, the user is `deleting`; this can't be undone.
   */
  @RequireScope('admin')
  @ApiProblems(404, 409)
  @HttpCode(HttpStatus.ACCEPTED)
  @ApiAcceptedResponse({ type: UserResponse })
  @Delete(':id')
  deleteUser(@Caller() caller: Principal, @Param('id') id: string): Promise<UserResponse> {
    return this.users.delete(caller, id);
  }
}
