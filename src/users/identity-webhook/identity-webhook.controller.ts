import { Controller, HttpCode, HttpStatus, Post, Req } from '@nestjs/common';
import { ApiBody, ApiNoContentResponse, ApiTags } from '@nestjs/swagger';
import { type Request } from 'express';
import { Public } from '../../common/http/access.js';
import { ApiProblems } from '../../common/http/problems/api-problems.js';
import { deliveryOf } from '../../common/webhooks/read-delivery.js';
import { IdentityWebhookService } from './identity-webhook.service.js';

/** Where the identity provider tells of its users: no account is needed, the signature proves who sends. */
@ApiTags('Identity webhook')
@Controller('v1/webhooks')
export class IdentityWebhookController {
  constructor(private readonly identities: IdentityWebhookService) {}

  /** Clerk tells of a user who was created, changed or deleted, signed with SEER_CLERK_WEBHOOK_SECRET. */
  @Public()
  @ApiBody({
    description: 'An event of Clerk; other events than those of users are taken and ignored.',
    schema: {
      type: 'object',
      additionalProperties: true,
      example: { type: 'user.deleted', data: { id: 'user_2abc' } },
    },
  })
  @ApiNoContentResponse({ description: 'Taken.' })
  @ApiProblems(401, 404)
  @Post('clerk')
  @HttpCode(HttpStatus.NO_CONTENT)
  takeClerkEvent(@Req() request: Request): Promise<void> {
    return this.identities.take(deliveryOf(request));
  }
}
