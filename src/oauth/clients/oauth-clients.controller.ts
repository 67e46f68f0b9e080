import { Body, Controller, Delete, Get, HttpCode, HttpStatus, Param, Put } from '@nestjs/common';
import { ApiParam, ApiTags } from '@nestjs/swagger';
import { PublicUrl } from '../../common/config/public-url.js';
import { ApiProblems } from '../../common/http/problems/api-problems.js';
import { RequireScope } from '../../users/index.js';
import { ProviderRegistry } from '../providers/provider-registry.js';
import { OAuthClientsResponse, StoreOAuthClientRequest } from './oauth-client.dto.js';
import { OAuthClients } from './oauth-clients.js';

/** How this installation is registered with providers. */
@ApiTags('Admin')
@Controller('v1/admin/oauth-clients')
export class OAuthClientsController {
  constructor(
    private readonly clients: OAuthClients,
    private readonly registry: ProviderRegistry,
    private readonly publicUrl: PublicUrl,
  ) {}

  /** The providers that this installation is registered with. */
  @RequireScope('admin')
  @Get()
  async listOAuthClients(): Promise<OAuthClientsResponse> {
    const items = [...(await this.clients.configured())].map(([provider, { clientId, source, updatedAt }]) => ({
      provider,
      client_id: clientId,
      source,
      redirect_uri: this.publicUrl.of(`/v1/integrations/${provider}/callback`),
      updated_at: updatedAt,
    }));
    return { items };
  }

  /** Store client id and secret, in place of those that were stored. Variables of the environment win over them. */
  @RequireScope('admin')
  @ApiParam({ name: 'provider', description: 'Key of the provider.', example: 'google' })
  @ApiProblems(404)
  @HttpCode(HttpStatus.NO_CONTENT)
  @Put(':provider')
  async storeOAuthClient(@Param('provider') key: string, @Body() body: StoreOAuthClientRequest): Promise<void> {
    const { client_id: clientId, client_secret: clientSecret } = body;
    await this.clients.store(this.registry.get(key), { clientId, clientSecret });
  }

  /** Forget what was stored. Connections stay, but can't be refreshed. */
  @RequireScope('admin')
  @ApiParam({ name: 'provider', description: 'Key of the provider.', example: 'google' })
  @ApiProblems(404)
  @HttpCode(HttpStatus.NO_CONTENT)
  @Delete(':provider')
  async deleteOAuthClient(@Param('provider') key: string): Promise<void> {
    await this.clients.forget(this.registry.get(key));
  }
}
