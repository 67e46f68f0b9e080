import { Controller, HttpStatus, Param, Post, Req, Res } from '@nestjs/common';
import { ApiAcceptedResponse, ApiBody, ApiOkResponse, ApiParam, ApiTags } from '@nestjs/swagger';
import { type Request, type Response } from 'express';
import { Public } from '../../common/http/access.js';
import { ApiProblems } from '../../common/http/problems/api-problems.js';
import { type Json } from '../../common/json.js';
import { HookResponse } from './hook.dto.js';
import { deliveryOf } from '../../common/webhooks/read-delivery.js';
import { WebhooksService } from './webhooks.service.js';

/** Where senders deliver events: no account is needed, the link is the key, and what proves who sends is in the headers. */
@ApiTags('Public intake')
@Controller('v1/hooks')
export class HooksController {
  constructor(private readonly webhooks: WebhooksService) {}

  /** Deliver an event. Accepted means that it is safe, whatever happens next. */
  @Public()
  @ApiParam({ name: 'token', description: 'The last part of `webhook_url` of the subscription.' })
  @ApiBody({
    description: 'What the sender has to say. How it is signed, the subscription says (`config.verify`).',
    schema: { example: { order_id: 'A-17', total: 99.5 } },
  })
  @ApiAcceptedResponse({ type: HookResponse, description: 'In the ledger, with what becomes of it.' })
  @ApiOkResponse({
    description: 'With `respond: when_finished`: the output of the run, whatever it is. Or the answer to a challenge.',
    content: { 'application/json': { schema: {} } },
  })
  @ApiProblems(401, 404, 413, 415, 422, 502)
  @Post(':token')
  async deliver(
    @Param('token') token: string,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<HookResponse | Json> {
    const answer = await this.webhooks.receive(token, deliveryOf(request));
    response.status(answer.kind === 'taken' ? HttpStatus.ACCEPTED : HttpStatus.OK);
    if (answer.kind === 'challenge') return answer.body;
    if (answer.kind === 'taken') return HookResponse.from(answer.outcome);
    response.type('json');
    // As text: Nest would send a string or nothing as something else than JSON.
    return JSON.stringify(answer.output);
  }
}
