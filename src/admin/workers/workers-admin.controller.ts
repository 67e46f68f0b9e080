import { Controller, Get } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { RequireScope } from '../../users/index.js';
import { WorkersResponse } from './worker.dto.js';
import { WorkersAdminService } from './workers-admin.service.js';

@ApiTags('Admin')
@Controller('v1/admin/workers')
export class WorkersAdminController {
  constructor(private readonly workers: WorkersAdminService) {}

  /** The processes of the installation, with the runs that each has under way. */
  @RequireScope('admin')
  @Get()
  listWorkers(): Promise<WorkersResponse> {
    return this.workers.list();
  }
}
