import { Body, Controller, Delete, Get, HttpCode, HttpStatus, Param, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { PageQuery } from '../../common/http/paging/page.dto.js';
import { ApiProblems } from '../../common/http/problems/api-problems.js';
import { Caller, RequireScope } from '../auth/decorators.js';
import { type Principal } from '../auth/principal.js';
import { ApiKeyPage, CreateApiKeyRequest, CreatedApiKeyResponse } from './api-key.dto.js';
import { ApiKeysService } from './api-keys.service.js';

@ApiTags('Me')
@Controller('v1/api-keys')
export class ApiKeysController {
  constructor(private readonly apiKeys: ApiKeysService) {}

  /** Your API keys, newest first, revoked and expired ones too. */
  @RequireScope('keys:read')
  @Get()
  listApiKeys(@Caller() caller: Principal, @Query() query: PageQuery): Promise<ApiKeyPage> {
    return this.apiKeys.list(caller, query);
  }

  /** Make an API key. This answer is the only one that shows its secret, so it takes no Idempotency-Key. */
  @RequireScope('keys:write')
  @ApiProblems(409, 422)
  @Post()
  async createApiKey(@Caller() caller: Principal, @Body() body: CreateApiKeyRequest): Promise<CreatedApiKeyResponse> {
    return CreatedApiKeyResponse.made(await this.apiKeys.create(caller, body));
  }

  /** Revoke an API key for good; revoking it again changes nothing. */
  @RequireScope('keys:write')
  @ApiProblems(404)
  @Delete(':id')
  @HttpCode(HttpStatus.NO_CONTENT)
  revokeApiKey(@Caller() caller: Principal, @Param('id') id: string): Promise<void> {
    return this.apiKeys.revoke(caller, id);
  }
}
