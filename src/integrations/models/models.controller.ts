import { Controller, Get } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Caller, type Principal, RequireScope } from '../../users/index.js';
import { ModelsResponse } from './model.dto.js';
import { ModelsService } from './models.service.js';

@ApiTags('Catalogues')
@Controller('v1/registries/models')
export class ModelsController {
  constructor(private readonly models: ModelsService) {}

  /** The ways to language models, and your resources that lead to them. */
  @RequireScope('resources:read')
  @Get()
  listModels(@Caller() caller: Principal): Promise<ModelsResponse> {
    return this.models.list(caller);
  }
}
