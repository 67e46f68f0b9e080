import { Controller, Get, Inject, Param, Query } from '@nestjs/common';
import { ApiParam, ApiTags } from '@nestjs/swagger';
import { ApiProblems } from '../common/http/problems/api-problems.js';
import { ProviderRegistry } from '../oauth/index.js';
import { RequireScope } from '../users/index.js';
import { ScopesQuery, ScopesResponse } from './scopes.dto.js';
import { ToolNotFoundError } from './integrations.errors.js';
import { TOOL_CATALOGUE, type ToolCatalogue } from './tools/catalogue.js';

@ApiTags('Connections')
@Controller('v1/integrations/:provider/scopes')
export class ScopesController {
  constructor(
    private readonly providers: ProviderRegistry,
    @Inject(TOOL_CATALOGUE) private readonly tools: ToolCatalogue,
  ) {}

  /** Which scopes a connection needs for these tools: what to pass to `authorize`. */
  @RequireScope('connections:read')
  @ApiParam({ name: 'provider', description: 'Key of the provider.', example: 'google' })
  @ApiProblems(404, 422)
  @Get()
  getScopes(@Param('provider') key: string, @Query() { tools = [] }: ScopesQuery): ScopesResponse {
    const { scopes: titles, baseScopes } = this.providers.get(key);
    const wanted = tools.map((name) => {
      const tool = this.tools.get(name);
      if (tool?.provider !== key) throw new ToolNotFoundError(name, key);
      return tool;
    });
    const scopes = [...new Set(wanted.flatMap((tool) => tool.scopes ?? []))];
    return {
      base_scopes: [...baseScopes],
      scopes: scopes.map((scope) => ({
        scope,
        title: titles[scope] ?? null,
        tools: wanted.filter((tool) => tool.scopes?.includes(scope)).map((tool) => tool.key),
      })),
    };
  }
}
