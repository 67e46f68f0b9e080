import { Controller, Get, Inject } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { TOOL_CATALOGUE, type ToolCatalogue } from '../integrations/index.js';
import { RequireScope } from '../users/index.js';
import { NodeTypeResponse, NodeTypesResponse, ToolResponse, ToolsResponse } from './catalogue.dto.js';
import { nodeTypes } from './nodes/catalogue.js';

/** What specs can be made of. */
@ApiTags('Catalogues')
@Controller('v1')
export class CatalogueController {
  constructor(@Inject(TOOL_CATALOGUE) private readonly tools: ToolCatalogue) {}

  /** The node types, with the JSON Schema of their configuration. */
  @RequireScope('workflows:read')
  @Get('builder/node-types')
  listNodeTypes(): NodeTypesResponse {
    return { items: nodeTypes.map((type) => NodeTypeResponse.from(type)) };
  }

  /** The tools, with the JSON Schemas of their inputs and outputs. */
  @RequireScope('workflows:read')
  @Get('registries/tools')
  listTools(): ToolsResponse {
    return { items: [...this.tools.values()].map((tool) => ToolResponse.from(tool)) };
  }
}
