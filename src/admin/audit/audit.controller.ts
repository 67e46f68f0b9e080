import { Controller, Get, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Caller, type Principal, RequireScope } from '../../users/index.js';
import { AuditPage, AuditQuery } from './audit.dto.js';
import { AuditService } from './audit.service.js';

@ApiTags('Admin')
@Controller('v1/admin/audit')
export class AuditController {
  constructor(private readonly audit: AuditService) {}

  /** What was done, by whom, to what: newest first. */
  @RequireScope('admin')
  @Get()
  listAuditEntries(@Caller() caller: Principal, @Query() query: AuditQuery): Promise<AuditPage> {
    return this.audit.list(caller, query);
  }
}
