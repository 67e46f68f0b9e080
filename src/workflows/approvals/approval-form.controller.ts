import { Controller, Header, HttpCode, HttpStatus, Param, Post, Req, Res, UseFilters } from '@nestjs/common';
import {
  ApiConsumes,
  ApiOkResponse,
  ApiParam,
  ApiProduces,
  ApiTags,
  ApiUnprocessableEntityResponse,
} from '@nestjs/swagger';
import { type Request, type Response } from 'express';
import { Public } from '../../common/http/access.js';
import { formOf } from '../../common/http/body/form-body.js';
import { PageFilter } from '../../common/http/problems/page.filter.js';
import { ApiPages } from '../../common/http/problems/api-problems.js';
import { answeredPage, approvalPage } from './approval-page.js';
import { ApprovalAnswerInvalidError } from './approval.errors.js';
import { ApprovalsService } from './approvals.service.js';

/** Where the page of an approval sends its form: browsers can't send JSON without script. */
@ApiTags('Approvals')
@UseFilters(PageFilter)
@Controller('v1/approval-forms')
export class ApprovalFormController {
  constructor(private readonly approvals: ApprovalsService) {}

  /** Answer with the form of the page. */
  @Public()
  @ApiParam({ name: 'token', description: 'As of the page.' })
  @ApiConsumes('application/x-www-form-urlencoded')
  @ApiProduces('text/html')
  @ApiOkResponse({ description: 'A page that says thank you.', schema: { type: 'string' } })
  @ApiUnprocessableEntityResponse({
    description: 'The page again, with what is wrong at its fields.',
    content: { 'text/html': { schema: { type: 'string' } } },
  })
  @ApiPages(400, 404, 409, 413, 415)
  @HttpCode(HttpStatus.OK)
  @Header('Content-Type', 'text/html; charset=utf-8')
  @Post(':token')
  async answerForm(
    @Param('token') token: string,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<string> {
    const sent = formOf(request);
    const pause = await this.approvals.find(token);
    const { approved, form, by } = this.approvals.answerOf(pause, sent);
    try {
      await this.approvals.answer(token, { approved, ...(form && { form }) }, by);
      return answeredPage(approved === true);
    } catch (error) {
      if (!(error instanceof ApprovalAnswerInvalidError)) throw error;
      response.status(HttpStatus.UNPROCESSABLE_ENTITY);
      const faults = error.faults.map((fault) => ({ ...fault, pointer: fault.pointer.replace(/^\/form/, '') }));
      return approvalPage(token, pause, { values: form, faults, by });
    }
  }
}
