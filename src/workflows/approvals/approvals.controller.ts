import { Body, Controller, Get, HttpCode, HttpStatus, Param, Post, Req, Res, UseFilters } from '@nestjs/common';
import { ApiExtraModels, ApiOkResponse, ApiParam, ApiTags, getSchemaPath } from '@nestjs/swagger';
import { type Request, type Response } from 'express';
import { Public } from '../../common/http/access.js';
import { PageFilter, wantsPage } from '../../common/http/problems/page.filter.js';
import { ApiPages, ApiProblems } from '../../common/http/problems/api-problems.js';
import { AnswerApprovalRequest, AnsweredApprovalResponse, ApprovalResponse } from './approval.dto.js';
import { approvalPage } from './approval-page.js';
import { ApprovalsService } from './approvals.service.js';

/** Approvals for those who got the link: no account is needed, the link is the key. */
@ApiTags('Approvals')
@ApiExtraModels(ApprovalResponse)
@ApiParam({ name: 'token', description: 'The last part of `waiting_for[].approval_url` of the run.' })
@UseFilters(PageFilter)
@Controller('v1/approvals')
export class ApprovalsController {
  constructor(private readonly approvals: ApprovalsService) {}

  /** What is asked: a page with a form for browsers, JSON for programs. Looking decides nothing. */
  @Public()
  @ApiOkResponse({
    description: 'Open for an answer.',
    content: {
      'application/json': { schema: { $ref: getSchemaPath(ApprovalResponse) } },
      'text/html': { schema: { type: 'string' } },
    },
  })
  @ApiPages(404, 409)
  @Get(':token')
  async showApproval(
    @Param('token') token: string,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<string | ApprovalResponse> {
    const pause = await this.approvals.find(token);
    if (!wantsPage(request)) return ApprovalResponse.from(pause);
    response.type('html');
    return approvalPage(token, pause);
  }

  /** Answer, once. The run goes on by itself. */
  @Public()
  @ApiProblems(404, 409, 422)
  @HttpCode(HttpStatus.OK)
  @Post(':token')
  async answerApproval(
    @Param('token') token: string,
    @Body() { approved, form, by }: AnswerApprovalRequest,
  ): Promise<AnsweredApprovalResponse> {
    await this.approvals.answer(token, { approved, ...(form && { form }) }, by);
    return { approved };
  }
}
