import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiParam, ApiTags } from '@nestjs/swagger';
import { ApiProblems } from '../../common/http/problems/api-problems.js';
import { Caller, type Principal, RequireScope } from '../../users/index.js';
import { BrowsedPageResponse, BrowseQuery } from './browsing.dto.js';
import { BrowsingService } from './browsing.service.js';

@ApiTags('Resources')
@Controller('v1/integrations/:provider/resources/:resource_type')
export class BrowsingController {
  constructor(private readonly browsing: BrowsingService) {}

  /**
   * What there is at a provider, to choose from: spreadsheets, repositories, channels, tables. The provider is asked each
   * time. An unknown kind is answered with the names of all kinds.
   */
  @RequireScope('resources:read')
  @ApiParam({ name: 'provider', description: 'Key of the provider.', example: 'google' })
  @ApiParam({ name: 'resource_type', description: 'What to look for.', example: 'spreadsheet' })
  @ApiProblems(404, 409, 422)
  @Get()
  browse(
    @Caller() caller: Principal,
    @Param('provider') provider: string,
    @Param('resource_type') type: string,
    @Query() query: BrowseQuery,
  ): Promise<BrowsedPageResponse> {
    return this.browsing.browse(caller, provider, type, query);
  }
}
