import { Body, Controller, Get, Param, Post, Query, Res } from '@nestjs/common';
import { ApiCreatedResponse, ApiTags } from '@nestjs/swagger';
import { type Response } from 'express';
import { Idempotent } from '../../common/http/idempotency/idempotent.js';
import { ApiProblems } from '../../common/http/problems/api-problems.js';
import { Caller, type Principal, RequireScope } from '../../users/index.js';
import { ExportsService } from './exports.service.js';
import { ImportsService } from './imports.service.js';
import { ExportQuery, ImportRequest, ImportResponse, PortableWorkflowResponse } from './portability.dto.js';

@ApiTags('Workflows')
@Controller('v1/workflows')
export class PortabilityController {
  constructor(
    private readonly exports: ExportsService,
    private readonly imports: ImportsService,
  ) {}

  /** A workflow as a document that others can import: its spec and its subscriptions, without ids and secrets of yours. */
  @RequireScope('workflows:read')
  @ApiProblems(404, 409)
  @Get(':id/export')
  exportWorkflow(
    @Caller() caller: Principal,
    @Param('id') id: string,
    @Query() { version }: ExportQuery,
  ): Promise<PortableWorkflowResponse> {
    return this.exports.export(caller, id, version);
  }

  /**
   * Make a workflow of such a document. Nothing is published, and its subscriptions are switched off. What you must still name,
   * and what is not known here, is in the answer.
   */
  @RequireScope('workflows:write')
  @Idempotent()
  @ApiCreatedResponse({ type: ImportResponse, headers: { Location: { schema: { type: 'string' } } } })
  @Post('import')
  async importWorkflow(
    @Caller() caller: Principal,
    @Body() body: ImportRequest,
    @Res({ passthrough: true }) response: Response,
  ): Promise<ImportResponse> {
    const imported = await this.imports.import(caller, body);
    response.setHeader('Location', `/v1/workflows/${imported.workflow.workflow_id}`);
    return imported;
  }
}
