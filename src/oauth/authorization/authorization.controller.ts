import { Controller, Get, HttpStatus, Param, Query, Req, Res, UseFilters } from '@nestjs/common';
import { ApiOkResponse, ApiParam, ApiQuery, ApiResponse, ApiTags } from '@nestjs/swagger';
import { type Request, type Response } from 'express';
import { Public } from '../../common/http/access.js';
import { ApiPages, ApiProblems } from '../../common/http/problems/api-problems.js';
import { PageFilter } from '../../common/http/problems/page.filter.js';
import { Caller, type Principal, RequireScope } from '../../users/index.js';
import { AuthorizationResponse, AuthorizeQuery } from './authorization.dto.js';
import { AuthorizationsService } from './authorizations.service.js';
import { BrowserCookie } from './browser-cookie.js';
import { connectedPage, connectPage } from './connect-page.js';
import { ConnectOffers } from './connect-offers.js';
import { withParameters } from './redirect-target.js';

/** How an account gets connected. */
@ApiTags('Connections')
@ApiParam({ name: 'provider', description: 'Key of the provider.', example: 'google' })
@UseFilters(PageFilter)
@Controller('v1/integrations/:provider')
export class AuthorizationController {
  constructor(
    private readonly authorizations: AuthorizationsService,
    private readonly offers: ConnectOffers,
    private readonly cookie: BrowserCookie,
  ) {}

  /** Begin to connect an account: tells where to send the browser. */
  @RequireScope('connections:write')
  @ApiProblems(404, 409, 422, 503)
  @Get('authorize')
  async authorize(
    @Caller() caller: Principal,
    @Param('provider') provider: string,
    @Query() query: AuthorizeQuery,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<AuthorizationResponse> {
    const offer = await this.offers.make(caller, provider, query);
    const { url, expiresAt } = await this.authorizations.begin(offer, this.cookie.mark(request, response));
    return { authorization_url: url, expires_at: expiresAt, connect_url: this.offers.urlOf(offer) };
  }

  /** The provider sends the browser here. Answers with a page, or sends it on to where it was to go in the end. */
  @Public()
  @ApiQuery({ name: 'state', description: 'From the address that the browser was sent to.' })
  @ApiQuery({ name: 'code', required: false, description: 'Of the provider (RFC 6749, 4.1.2).' })
  @ApiQuery({ name: 'error', required: false, description: 'Of the provider (RFC 6749, 4.1.2.1).' })
  @ApiQuery({ name: 'iss', required: false, description: 'Of the provider (RFC 9207).' })
  @ApiOkResponse({
    description: 'Connected, when no `redirect_to` was given.',
    content: { 'text/html': { schema: { type: 'string' } } },
  })
  @ApiResponse({ status: 303, description: 'On to `redirect_to`, with `connection_id` or with `error`.' })
  @ApiPages(400, 404, 409, 503)
  @Get('callback')
  async callback(
    @Param('provider') provider: string,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<string | undefined> {
    const parameters = new URL(request.originalUrl, 'http://seer').searchParams;
    const outcome = await this.authorizations.complete({
      provider,
      parameters,
      browserHash: this.cookie.hashOf(request),
    });
    const { redirectTo, connection, error } = outcome;
    if (redirectTo !== null) {
      response.redirect(HttpStatus.SEE_OTHER, withParameters(redirectTo, this.offers.resultOf(outcome)));
      return undefined;
    }
    if (error) throw error;
    response.type('html');
    return connectedPage(outcome.provider.title, connection!.accountLabel);
  }

  /** A link to connect an account: says for whom, and asks. */
  @Public()
  @ApiParam({ name: 'token', description: 'The last part of `connect_url`.' })
  @ApiOkResponse({ description: 'The question.', content: { 'text/html': { schema: { type: 'string' } } } })
  @ApiPages(404, 409)
  @Get('connect/:token')
  async showConnect(
    @Param('provider') provider: string,
    @Param('token') token: string,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<string> {
    const question = await this.offers.question(provider, token);
    const proof = this.offers.proofOf(token, this.cookie.mark(request, response));
    response.type('html');
    return connectPage({ ...question, next: `/v1/integrations/${provider}/connect/${token}/${proof}` });
  }

  /** Sends the browser that was asked to the provider; another one is asked first. */
  @Public()
  @ApiParam({ name: 'token', description: 'As of the question.' })
  @ApiParam({ name: 'proof', description: 'That this browser was asked.' })
  @ApiResponse({ status: 303, description: 'On to the provider, or back to the question.' })
  @ApiPages(404, 409, 503)
  @Get('connect/:token/:proof')
  async connect(
    @Param('provider') provider: string,
    @Param('token') token: string,
    @Param('proof') proof: string,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    const offer = await this.offers.open(provider, token);
    const browserHash = this.cookie.hashOf(request);
    const wasAsked = browserHash !== undefined && this.offers.proofOf(token, browserHash) === proof;
    const url = wasAsked
      ? (await this.authorizations.begin(offer, browserHash)).url
      : `/v1/integrations/${provider}/connect/${token}`;
    response.redirect(HttpStatus.SEE_OTHER, url);
  }
}
