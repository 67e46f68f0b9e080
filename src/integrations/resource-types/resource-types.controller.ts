import { Controller, Get, Inject } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { RequireScope } from '../../users/index.js';
import { RESOURCE_TYPES, type ResourceTypeCatalogue } from './catalogue.js';
import { ResourceTypeResponse, ResourceTypesResponse } from './resource-type.dto.js';

@ApiTags('Resources')
@Controller('v1/integrations/resource-types')
export class ResourceTypesController {
  constructor(@Inject(RESOURCE_TYPES) private readonly types: ResourceTypeCatalogue) {}

  /** The kinds of resources, with the JSON Schemas of their metadata and secrets. */
  @RequireScope('resources:read')
  @Get()
  listResourceTypes(): ResourceTypesResponse {
    return { items: [...this.types.values()].map((type) => ResourceTypeResponse.from(type)) };
  }
}
