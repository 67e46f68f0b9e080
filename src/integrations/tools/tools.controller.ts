import { Controller, Get, Inject } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { RequireScope } from '../../users/index.js';
import { TOOL_CATALOGUE, type ToolCatalogue } from './catalogue.js';
import { ToolResponse, ToolsResponse } from './tool.dto.js';

/** What `tool` nodes can call. */
@ApiTags('Catalogues')
@Controller('v1/registries/tools')
export class ToolsController {
  constructor(@Inject(TOOL_CATALOGUE) private readonly tools: ToolCatalogue) {}

  /** The tools, with the JSON Schemas of their inputs and outputs. */
  @RequireScope('workflows:read')
  @Get()
  listTools(): ToolsResponse {
    return { items: [...this.tools.values()].map((tool) => ToolResponse.from(tool)) };
  }
}
