import { Controller, Get } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { RequireScope } from '../../users/index.js';
import { nodeTypes } from './catalogue.js';
import { NodeTypeResponse, NodeTypesResponse } from './node-type.dto.js';

/** What specs can be made of. */
@ApiTags('Catalogues')
@Controller('v1/builder/node-types')
export class NodeTypesController {
  /** The node types, with the JSON Schema of their configuration. */
  @RequireScope('workflows:read')
  @Get()
  listNodeTypes(): NodeTypesResponse {
    return { items: nodeTypes.map((type) => NodeTypeResponse.from(type)) };
  }
}
