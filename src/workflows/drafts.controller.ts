import { Body, Controller, Get, Headers, HttpCode, HttpStatus, Param, Patch, Post, Res } from '@nestjs/common';
import { ApiHeader, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { type Response } from 'express';
import { ApiProblems } from '../common/http/problems/api-problems.js';
import { Caller, type Principal, RequireScope } from '../users/index.js';
import { DraftsService } from './drafts.service.js';
import { ReportResponse } from './preflight/preflight.dto.js';
import { DraftResponse, MAX_NUMBER, UpdateDraftRequest } from './workflow-draft.dto.js';

@ApiTags('Workflows')
@Controller('v1/workflows/:id/draft')
export class DraftsController {
  constructor(private readonly drafts: DraftsService) {}

  /** The draft. Its `ETag` is its revision. */
  @RequireScope('workflows:read')
  @ApiOkResponse({ type: DraftResponse, headers: { ETag: { schema: { type: 'string', example: '"1"' } } } })
  @ApiProblems(404)
  @Get()
  async getDraft(
    @Caller() caller: Principal,
    @Param('id') id: string,
    @Res({ passthrough: true }) response: Response,
  ): Promise<DraftResponse> {
    return withETag(response, await this.drafts.get(caller, id));
  }

  /**
   * Change the draft. If somebody else has changed it since `base_revision`: 409 with the current revision and what
   * changed, as a JSON Patch.
   */
  @RequireScope('workflows:write')
  @ApiHeader({
    name: 'If-Match',
    required: false,
    description: 'The `ETag` of the draft, in place of `base_revision`.',
  })
  @ApiOkResponse({ type: DraftResponse, headers: { ETag: { schema: { type: 'string', example: '"2"' } } } })
  @ApiProblems(404, 409, 422)
  @Patch()
  async updateDraft(
    @Caller() caller: Principal,
    @Param('id') id: string,
    @Body() body: UpdateDraftRequest,
    @Headers('if-match') ifMatch: string | undefined,
    @Res({ passthrough: true }) response: Response,
  ): Promise<DraftResponse> {
    return withETag(response, await this.drafts.update(caller, id, body, revisionOf(ifMatch)));
  }

  /** Check the draft: everything that would keep it from being published, and what it would reach out to. */
  @RequireScope('workflows:read')
  @ApiProblems(404)
  @Post('validate')
  @HttpCode(HttpStatus.OK)
  validateDraft(@Caller() caller: Principal, @Param('id') id: string): Promise<ReportResponse> {
    return this.drafts.validate(caller, id);
  }
}

function withETag(response: Response, draft: DraftResponse): DraftResponse {
  response.setHeader('ETag', `"${draft.revision}"`);
  return draft;
}

/** A tag that is not one of ours matches no revision. */
function revisionOf(ifMatch: string | undefined): number | undefined {
  if (ifMatch === undefined) return undefined;
  const match = /^"([1-9]\d{0,9})"$/.exec(ifMatch.trim());
  return match ? Math.min(Number(match[1]), MAX_NUMBER) : 0;
}
