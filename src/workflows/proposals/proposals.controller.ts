import { Body, Controller, Get, HttpCode, HttpStatus, Param, Post, Query, Res } from '@nestjs/common';
import { ApiCreatedResponse, ApiTags, getSchemaPath } from '@nestjs/swagger';
import { type Response } from 'express';
import { Idempotent } from '../../common/http/idempotency/idempotent.js';
import { ApiProblems } from '../../common/http/problems/api-problems.js';
import { Caller, type Principal, RequireScope } from '../../users/index.js';
import {
  AcceptProposalRequest,
  AcceptProposalResponse,
  CreateProposalRequest,
  ProposalPage,
  ProposalQuery,
  ProposalResponse,
  ProposalWithDifferenceResponse,
  RejectProposalRequest,
} from './proposal.dto.js';
import { ProposalsService } from './proposals.service.js';

@ApiTags('Proposals')
@Controller('v1')
export class ProposalsController {
  constructor(private readonly proposals: ProposalsService) {}

  /**
   * Propose a change of the draft: nothing changes until somebody accepts it. The answer has the spec, the difference
   * and the report if your credential has the scope `workflows:read` as well; without it, only a whole `spec` can be proposed.
   */
  @RequireScope('workflows:propose')
  @Idempotent()
  @ApiCreatedResponse({
    schema: { anyOf: [ProposalWithDifferenceResponse, ProposalResponse].map((one) => ({ $ref: getSchemaPath(one) })) },
    headers: { Location: { schema: { type: 'string' } } },
  })
  @ApiProblems(404, 409, 422)
  @Post('workflows/:id/proposals')
  async createProposal(
    @Caller() caller: Principal,
    @Param('id') id: string,
    @Body() body: CreateProposalRequest,
    @Res({ passthrough: true }) response: Response,
  ): Promise<ProposalWithDifferenceResponse | ProposalResponse> {
    const proposal = await this.proposals.create(caller, id, body);
    response.setHeader('Location', `/v1/proposals/${proposal.proposal_id}`);
    return proposal;
  }

  /** Proposals for a workflow, newest first. */
  @RequireScope('workflows:read')
  @ApiProblems(404)
  @Get('workflows/:id/proposals')
  listProposals(
    @Caller() caller: Principal,
    @Param('id') id: string,
    @Query() query: ProposalQuery,
  ): Promise<ProposalPage> {
    return this.proposals.list(caller, id, query);
  }

  /** A proposal, and what it would change. */
  @RequireScope('workflows:read')
  @ApiProblems(404)
  @Get('proposals/:id')
  getProposal(@Caller() caller: Principal, @Param('id') id: string): Promise<ProposalWithDifferenceResponse> {
    return this.proposals.get(caller, id);
  }

  /**
   * Put what is proposed into the draft. If that has changed since: 409 with the current revision and what changed, as a JSON
   * Patch; name that revision as `base_revision` to accept it nevertheless.
   */
  @RequireScope('workflows:write')
  @ApiProblems(404, 409, 422)
  @Post('proposals/:id/accept')
  @HttpCode(HttpStatus.OK)
  acceptProposal(
    @Caller() caller: Principal,
    @Param('id') id: string,
    @Body() body: AcceptProposalRequest,
  ): Promise<AcceptProposalResponse> {
    return this.proposals.accept(caller, id, body.base_revision);
  }

  /** Say that it is not wanted. */
  @RequireScope('workflows:write')
  @ApiProblems(404, 409)
  @Post('proposals/:id/reject')
  @HttpCode(HttpStatus.OK)
  rejectProposal(
    @Caller() caller: Principal,
    @Param('id') id: string,
    @Body() body: RejectProposalRequest,
  ): Promise<ProposalResponse> {
    return this.proposals.reject(caller, id, body.reason);
  }
}
