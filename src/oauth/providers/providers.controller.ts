import { Controller, Get } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { RequireScope } from '../../users/index.js';
import { OAuthClients } from '../clients/oauth-clients.js';
import { ProviderResponse, ProvidersResponse } from './provider.dto.js';
import { ProviderRegistry } from './provider-registry.js';

@ApiTags('Connections')
@Controller('v1/integrations/providers')
export class ProvidersController {
  constructor(
    private readonly registry: ProviderRegistry,
    private readonly clients: OAuthClients,
  ) {}

  /** All providers that accounts can be connected of. */
  @RequireScope('connections:read')
  @Get()
  async listProviders(): Promise<ProvidersResponse> {
    const configured = await this.clients.configured();
    return {
      items: this.registry.all.map((provider) => ProviderResponse.from(provider, configured.has(provider.key))),
    };
  }
}
