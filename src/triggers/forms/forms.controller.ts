import { Controller, Get, HttpStatus, Param, Post, Req, Res, UseFilters } from '@nestjs/common';
import { ApiAcceptedResponse, ApiBody, ApiHeader, ApiOkResponse, ApiParam, ApiTags } from '@nestjs/swagger';
import { type Request, type Response } from 'express';
import { Public } from '../../common/http/access.js';
import { formOf, isForm } from '../../common/http/body/form-body.js';
import { ApiPages } from '../../common/http/problems/api-problems.js';
import { PageFilter } from '../../common/http/problems/page.filter.js';
import { newUuid } from '../../common/public-id.js';
import { bodyOf } from '../webhooks/delivery-body.js';
import { HookResponse } from '../webhooks/hook.dto.js';
import { deliveryOf } from '../../common/webhooks/read-delivery.js';
import { sentPage } from './form-page.js';
import { FormInvalidError } from './form.errors.js';
import { FormsService, type OpenForm } from './forms.service.js';

const htmlContent = { 'text/html': { schema: { type: 'string' } } } as const;

/** Forms for those who got the link: no account is needed, the link is the key. */
@ApiTags('Public intake')
@ApiParam({ name: 'token', description: 'The last part of `form_url` of the subscription.' })
@UseFilters(PageFilter)
@Controller('v1/forms')
export class FormsController {
  constructor(private readonly forms: FormsService) {}

  /** The form, as a page. */
  @Public()
  @ApiOkResponse({ description: 'A page with a form that sends to the same link.', content: htmlContent })
  @ApiPages(404)
  @Get(':token')
  async showForm(@Param('token') token: string, @Res({ passthrough: true }) response: Response): Promise<string> {
    const open = await this.forms.find(token);
    response.type('html');
    return this.forms.pageOf(open, token);
  }

  /** Fill in the form: as a browser does it, or with the fields as JSON. */
  @Public()
  @ApiHeader({
    name: 'Idempotency-Key',
    required: false,
    description: 'With JSON: the same submission sent again within 24 hours has the same key, and counts once.',
  })
  @ApiBody({
    description: 'The fields.',
    schema: { type: 'object', example: { email: 'ada@example.com', message: 'Hello' } },
  })
  @ApiOkResponse({ description: 'For browsers: a page that says thank you.', content: htmlContent })
  @ApiAcceptedResponse({ type: HookResponse, description: 'For programs.' })
  @ApiPages(404, 413, 415, 422)
  @Post(':token')
  async submitForm(
    @Param('token') token: string,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<string | HookResponse> {
    const open = await this.forms.find(token);
    if (isForm(request.headers['content-type'])) {
      response.type('html');
      return this.submitPage(open, token, request, response);
    }
    const values = bodyOf(deliveryOf(request), false);
    const id = request.get('Idempotency-Key') ?? newUuid();
    response.status(HttpStatus.ACCEPTED);
    return HookResponse.from(await this.forms.submit(open, { values, id }));
  }

  private async submitPage(open: OpenForm, token: string, request: Request, response: Response): Promise<string> {
    const submission = this.forms.submissionOf(open, formOf(request));
    try {
      await this.forms.submit(open, submission);
      response.status(HttpStatus.OK);
      return sentPage(open.form);
    } catch (error) {
      if (!(error instanceof FormInvalidError)) throw error;
      response.status(HttpStatus.UNPROCESSABLE_ENTITY);
      const { values } = submission;
      return this.forms.pageOf(open, token, { values, faults: error.faults }, submission.id);
    }
  }
}
