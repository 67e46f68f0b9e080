import { Controller, Get } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { RequireScope } from '../../users/index.js';
import { QueuesAdminService } from './queues-admin.service.js';
import { QueuesResponse } from './queue.dto.js';

@ApiTags('Admin')
@Controller('v1/admin/queues')
export class QueuesAdminController {
  constructor(private readonly queues: QueuesAdminService) {}

  /** How much waits: runs, and background jobs by kind. */
  @RequireScope('admin')
  @Get()
  getQueues(): Promise<QueuesResponse> {
    return this.queues.get();
  }
}
