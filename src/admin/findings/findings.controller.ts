import { Controller, Get } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { RequireScope } from '../../users/index.js';
import { OperatorFindingsResponse } from './finding.dto.js';
import { Findings } from './findings.service.js';

@ApiTags('Admin')
@Controller('v1/admin/findings')
export class FindingsController {
  constructor(private readonly findings: Findings) {}

  /** What is wrong: each with its cause, since when, and what to do. */
  @RequireScope('admin')
  @Get()
  listFindings(): Promise<OperatorFindingsResponse> {
    return this.findings.list();
  }
}
