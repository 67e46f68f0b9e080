import {
  Body,
  Controller,
  Delete,
  Get,
  HttpCode,
  HttpStatus,
  Param,
  Patch,
  Post,
  Put,
  Query,
  Res,
} from '@nestjs/common';
import { ApiCreatedResponse, ApiTags } from '@nestjs/swagger';
import { type Response } from 'express';
import { Idempotent } from '../../common/http/idempotency/idempotent.js';
import { ApiProblems } from '../../common/http/problems/api-problems.js';
import { Caller, type Principal, RequireScope } from '../../users/index.js';
import {
  CreateResourceRequest,
  PutSecretRequest,
  ResourcePage,
  ResourceQuery,
  ResourceResponse,
  ResourceTestResponse,
  SecretResponse,
  SecretsResponse,
  UpdateResourceRequest,
} from './resource.dto.js';
import { ResourceTests } from './resource-tests.js';
import { ResourcesService } from './resources.service.js';

@ApiTags('Resources')
@Controller('v1/integrations/resources')
export class ResourcesController {
  constructor(
    private readonly resources: ResourcesService,
    private readonly tests: ResourceTests,
  ) {}

  /** Save a resource: a database, an API, a mail server, an account. Its secrets are stored encrypted and never shown. */
  @RequireScope('resources:write')
  @Idempotent()
  @ApiProblems(422)
  @ApiCreatedResponse({ type: ResourceResponse, headers: { Location: { schema: { type: 'string' } } } })
  @Post()
  async createResource(
    @Caller() caller: Principal,
    @Body() body: CreateResourceRequest,
    @Res({ passthrough: true }) response: Response,
  ): Promise<ResourceResponse> {
    const resource = await this.resources.create(caller, body);
    response.setHeader('Location', `/v1/integrations/resources/${resource.resource_id}`);
    return resource;
  }

  /** Your resources, newest first. */
  @RequireScope('resources:read')
  @Get()
  listResources(@Caller() caller: Principal, @Query() query: ResourceQuery): Promise<ResourcePage> {
    return this.resources.list(caller, query);
  }

  /** A resource. */
  @RequireScope('resources:read')
  @ApiProblems(404)
  @Get(':id')
  getResource(@Caller() caller: Principal, @Param('id') id: string): Promise<ResourceResponse> {
    return this.resources.get(caller, id);
  }

  /** Change a resource. When its secrets could be sent elsewhere then, they have to be given again: see `secrets-bound`. */
  @RequireScope('resources:write')
  @ApiProblems(404, 409, 422)
  @Patch(':id')
  updateResource(
    @Caller() caller: Principal,
    @Param('id') id: string,
    @Body() body: UpdateResourceRequest,
  ): Promise<ResourceResponse> {
    return this.resources.update(caller, id, body);
  }

  /** Delete a resource with its secrets. */
  @RequireScope('resources:write')
  @ApiProblems(404)
  @HttpCode(HttpStatus.NO_CONTENT)
  @Delete(':id')
  deleteResource(@Caller() caller: Principal, @Param('id') id: string): Promise<void> {
    return this.resources.delete(caller, id);
  }

  /** The secrets of a resource: their keys and dates, never their values. */
  @RequireScope('resources:read')
  @ApiProblems(404)
  @Get(':id/secrets')
  listSecrets(@Caller() caller: Principal, @Param('id') id: string): Promise<SecretsResponse> {
    return this.resources.listSecrets(caller, id);
  }

  /** Store a secret, in place of one with the same key. */
  @RequireScope('resources:write')
  @ApiProblems(404, 422)
  @Put(':id/secrets/:key')
  putSecret(
    @Caller() caller: Principal,
    @Param('id') id: string,
    @Param('key') key: string,
    @Body() { value }: PutSecretRequest,
  ): Promise<SecretResponse> {
    return this.resources.putSecret(caller, id, key, value);
  }

  /** Forget a secret. */
  @RequireScope('resources:write')
  @ApiProblems(404, 422)
  @HttpCode(HttpStatus.NO_CONTENT)
  @Delete(':id/secrets/:key')
  deleteSecret(@Caller() caller: Principal, @Param('id') id: string, @Param('key') key: string): Promise<void> {
    return this.resources.deleteSecret(caller, id, key);
  }

  /** Try the resource: really connects, and says what it finds. That it does not work is an answer, not an error. */
  @RequireScope('resources:write')
  @ApiProblems(404)
  @HttpCode(HttpStatus.OK)
  @Post(':id/test')
  testResource(@Caller() caller: Principal, @Param('id') id: string): Promise<ResourceTestResponse> {
    return this.tests.run(caller, id);
  }
}
