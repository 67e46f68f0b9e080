import { Body, Controller, HttpCode, HttpStatus, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { ApiProblems } from '../../common/http/problems/api-problems.js';
import { Caller, type Principal, RequireScope } from '../../users/index.js';
import { SpecPreflight } from '../spec-preflight.js';
import { WorkflowSpecs } from '../workflow-specs.js';
import { CheckExpressionRequest, CheckExpressionResponse } from './expression-check.dto.js';
import { ReportResponse, ValidateSpecRequest } from './preflight.dto.js';

@ApiTags('Workflows')
@Controller('v1')
export class PreflightController {
  constructor(
    private readonly specs: WorkflowSpecs,
    private readonly preflight: SpecPreflight,
  ) {}

  /** Check a spec without storing it: one report names every error with its code, node and pointer. */
  @RequireScope('workflows:read')
  @Post('workflows/validate')
  @HttpCode(HttpStatus.OK)
  validateSpec(@Caller() caller: Principal, @Body() { spec }: ValidateSpecRequest): Promise<ReportResponse> {
    return this.preflight.report(caller, spec);
  }

  /** Check one CEL expression at one place of a spec: its type, or what is wrong with it, and what it may refer to there. */
  @RequireScope('workflows:read')
  @ApiProblems(422)
  @Post('expressions/check')
  @HttpCode(HttpStatus.OK)
  checkExpression(@Body() body: CheckExpressionRequest): CheckExpressionResponse {
    return this.specs.checkExpression(body.expression, body.spec, body.pointer);
  }
}
