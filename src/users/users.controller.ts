import { Controller, Get } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Caller, SignedIn } from './auth/decorators.js';
import { type Principal } from './auth/principal.js';
import { MeResponse } from './user.dto.js';
import { UsersService } from './users.service.js';

@ApiTags('Me')
@Controller('v1/me')
export class UsersController {
  constructor(private readonly users: UsersService) {}

  /** Who am I, and what may I do? */
  @SignedIn()
  @Get()
  async me(@Caller() caller: Principal): Promise<MeResponse> {
    return MeResponse.from(await this.users.get(caller.userId), caller);
  }
}
