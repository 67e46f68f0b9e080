import { Body, Controller, Get, HttpCode, HttpStatus, Param, Post, Query, Res } from '@nestjs/common';
import { ApiCreatedResponse, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { type Response } from 'express';
import { PageQuery } from '../common/http/paging/page.dto.js';
import { ApiProblems } from '../common/http/problems/api-problems.js';
import { Caller, type Principal, RequireScope } from '../users/index.js';
import { VersionNumber } from './version-number.pipe.js';
import { VersionsService } from './versions.service.js';
import { BaseRevisionRequest, DraftResponse } from './workflow-draft.dto.js';
import {
  DiffQuery,
  DiffResponse,
  PublishResponse,
  VersionPage,
  VersionResponse,
  VersionWithSpecResponse,
} from './workflow-version.dto.js';
import { WorkflowResponse } from './workflow.dto.js';

@ApiTags('Workflows')
@Controller('v1/workflows/:id')
export class VersionsController {
  constructor(private readonly versions: VersionsService) {}

  /** Freeze the draft into a version: 201 a new one, 200 the one that has the same spec. */
  @RequireScope('workflows:write')
  @ApiCreatedResponse({ type: VersionResponse })
  @ApiOkResponse({ type: VersionResponse, description: 'The same spec already has this version.' })
  @ApiProblems(404, 409)
  @Post('versions')
  async createVersion(
    @Caller() caller: Principal,
    @Param('id') id: string,
    @Body() { base_revision: base }: BaseRevisionRequest,
    @Res({ passthrough: true }) response: Response,
  ): Promise<VersionResponse> {
    const { version, isNew } = await this.versions.freeze(caller, id, base);
    response.status(isNew ? HttpStatus.CREATED : HttpStatus.OK);
    response.setHeader('Location', `/v1/workflows/${id}/versions/${version.version_number}`);
    return version;
  }

  /** The versions of a workflow, newest first. */
  @RequireScope('workflows:read')
  @ApiProblems(404)
  @Get('versions')
  listVersions(@Caller() caller: Principal, @Param('id') id: string, @Query() query: PageQuery): Promise<VersionPage> {
    return this.versions.list(caller, id, query);
  }

  /** A version with its spec. */
  @RequireScope('workflows:read')
  @ApiProblems(404)
  @Get('versions/:number')
  getVersion(
    @Caller() caller: Principal,
    @Param('id') id: string,
    @Param('number', VersionNumber) number: number,
  ): Promise<VersionWithSpecResponse> {
    return this.versions.get(caller, id, number);
  }

  /** Publish a version; the one that was published is ARCHIVED. */
  @RequireScope('workflows:write')
  @ApiProblems(404, 422)
  @Post('versions/:number/publish')
  @HttpCode(HttpStatus.OK)
  publishVersion(
    @Caller() caller: Principal,
    @Param('id') id: string,
    @Param('number', VersionNumber) number: number,
  ): Promise<PublishResponse> {
    return this.versions.publish(caller, id, number);
  }

  /** Make the spec of a version the draft again, as its next revision. */
  @RequireScope('workflows:write')
  @ApiProblems(404, 409, 422)
  @Post('versions/:number/restore')
  @HttpCode(HttpStatus.OK)
  restoreVersion(
    @Caller() caller: Principal,
    @Param('id') id: string,
    @Param('number', VersionNumber) number: number,
    @Body() { base_revision: base }: BaseRevisionRequest,
  ): Promise<DraftResponse> {
    return this.versions.restore(caller, id, number, base);
  }

  /** What leads from this version to another one, as a JSON Patch. */
  @RequireScope('workflows:read')
  @ApiProblems(404)
  @Get('versions/:number/diff')
  diffVersions(
    @Caller() caller: Principal,
    @Param('id') id: string,
    @Param('number', VersionNumber) number: number,
    @Query() { against }: DiffQuery,
  ): Promise<DiffResponse> {
    return this.versions.diff(caller, id, number, against);
  }

  /** Freeze the draft and publish it. With errors in the spec: 422, "errors" names each. */
  @RequireScope('workflows:write')
  @ApiProblems(404, 409, 422)
  @Post('publish')
  @HttpCode(HttpStatus.OK)
  publishDraft(
    @Caller() caller: Principal,
    @Param('id') id: string,
    @Body() { base_revision: base }: BaseRevisionRequest,
  ): Promise<PublishResponse> {
    return this.versions.publishDraft(caller, id, base);
  }

  /** Publish nothing any more: triggers stop, runs of the published version are refused. */
  @RequireScope('workflows:write')
  @ApiProblems(404)
  @Post('unpublish')
  @HttpCode(HttpStatus.OK)
  unpublish(@Caller() caller: Principal, @Param('id') id: string): Promise<WorkflowResponse> {
    return this.versions.unpublish(caller, id);
  }
}
