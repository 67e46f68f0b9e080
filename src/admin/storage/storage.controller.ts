import { Controller, Get, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { RequireScope } from '../../users/index.js';
import { StorageQuery, StorageResponse } from './storage.dto.js';
import { StorageService } from './storage.service.js';

@ApiTags('Admin')
@Controller('v1/admin/storage')
export class StorageController {
  constructor(private readonly storage: StorageService) {}

  /** How large the database is: by table, and by workflow. */
  @RequireScope('admin')
  @Get()
  getStorage(@Query() query: StorageQuery): Promise<StorageResponse> {
    return this.storage.get(query);
  }
}
