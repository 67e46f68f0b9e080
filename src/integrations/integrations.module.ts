import { type DynamicModule, Global, Module } from '@nestjs/common';
import { BrowsingController } from './browsing/browsing.controller.js';
import { BrowsingService } from './browsing/browsing.service.js';
import { CredentialChecks } from './credentials/credential-checks.js';
import { CredentialChoice } from './credentials/credential-choice.js';
import { CredentialResolver } from './credentials/credential-resolver.js';
import { ModelRunner } from './models/model-runner.js';
import { ModelsController } from './models/models.controller.js';
import { ModelsService } from './models/models.service.js';
import { RESOURCE_TYPES, type ResourceTypeCatalogue } from './resource-types/catalogue.js';
import { ResourceTypesController } from './resource-types/resource-types.controller.js';
import { ResourceSecrets } from './resources/resource-secrets.js';
import { ResourceTests } from './resources/resource-tests.js';
import { ResourcesController } from './resources/resources.controller.js';
import { ResourcesOfConnection } from './resources/resources-of-connection.js';
import { ResourcesService } from './resources/resources.service.js';
import { ScopesController } from './scopes.controller.js';
import { TOOL_CATALOGUE, type ToolCatalogue } from './tools/catalogue.js';
import { ToolRunner } from './tools/tool-runner.js';
import { ToolsController } from './tools/tools.controller.js';

/** Named things and tools: what workflows reach the world with. */
@Global()
@Module({})
export class IntegrationsModule {
  static forRoot(tools: ToolCatalogue, resourceTypes: ResourceTypeCatalogue): DynamicModule {
    return {
      module: IntegrationsModule,
      controllers: [
        ModelsController,
        ResourceTypesController,
        ResourcesController,
        ScopesController,
        BrowsingController,
        ToolsController,
      ],
      providers: [
        { provide: TOOL_CATALOGUE, useValue: tools },
        { provide: RESOURCE_TYPES, useValue: resourceTypes },
        BrowsingService,
        CredentialChecks,
        CredentialChoice,
        CredentialResolver,
        ModelRunner,
        ModelsService,
        ResourceSecrets,
        ResourcesOfConnection,
        ResourcesService,
        ResourceTests,
        ToolRunner,
      ],
      exports: [TOOL_CATALOGUE, CredentialChecks, CredentialResolver, ModelRunner, ToolRunner],
    };
  }
}
