import { type DynamicModule, Module } from '@nestjs/common';
import { LoggerModule } from 'nestjs-pino';
import { adminJobs, AdminModule, adminProblems } from './admin/index.js';
import { AuditModule } from './common/audit/audit.module.js';
import { ConfigModule } from './common/config/config.module.js';
import { type Environment } from './common/config/environment.js';
import { DatabaseModule } from './common/database/database.module.js';
import { type Database } from './common/database/open-database.js';
import { EgressModule } from './common/egress/egress.module.js';
import { EncryptionModule } from './common/encryption/encryption.module.js';
import { encryptionProblems } from './common/encryption/encryption-problems.js';
import { EncryptionService } from './common/encryption/encryption.service.js';
import { rotateKeys } from './common/encryption/rotation/rotate-keys.job.js';
import { HttpModule } from './common/http/http.module.js';
import { JobsModule } from './common/jobs/jobs.module.js';
import { loggingOptions } from './common/logging.js';
import { MetricsModule } from './common/metrics/metrics.module.js';
import { entities } from './entities.js';
import { HealthModule } from './health/health.module.js';
import {
  IntegrationsModule,
  integrationsProblems,
  resourceTypeCatalogue,
  type ResourceTypeCatalogue,
  toolCatalogue,
  type ToolCatalogue,
} from './integrations/index.js';
import {
  oauthJobs,
  OAuthModule,
  oauthProblems,
  type OAuthProvider,
  providers as oauthProviders,
} from './oauth/index.js';
import { knownPrincipal, principalOf, UsersModule, usersProblems } from './users/index.js';
import {
  type TriggerCatalogue,
  triggerCatalogue,
  triggersJobs,
  TriggersModule,
  triggersProblems,
} from './triggers/index.js';
import { secrets } from './secrets.js';
import { WorkflowsModule, workflowsProblems } from './workflows/index.js';

/** What an application may be made with instead of the product's own. */
export interface AppOptions {
  /** What `tool` nodes can call. */
  readonly tools?: ToolCatalogue;
  /** What resources can be saved of. */
  readonly resourceTypes?: ResourceTypeCatalogue;
  /** What accounts can be connected of. */
  readonly providers?: readonly OAuthProvider[];
  /** What workflows can be subscribed to. */
  readonly triggers?: TriggerCatalogue;
}

/** The product modules in their line: each may use those above it, none those below. */
@Module({})
export class AppModule {
  static forRoot(
    environment: Environment,
    database: Database,
    {
      tools = toolCatalogue,
      resourceTypes = resourceTypeCatalogue,
      providers = oauthProviders,
      triggers = triggerCatalogue,
    }: AppOptions = {},
  ): DynamicModule {
    return {
      module: AppModule,
      imports: [
        ConfigModule.forRoot(environment),
        LoggerModule.forRoot(loggingOptions(environment)),
        MetricsModule,
        DatabaseModule.forRoot(entities, database),
        AuditModule.forRoot({ userOf: knownPrincipal, otherwise: 'system' }),
        EncryptionModule.forRoot(secrets),
        EgressModule,
        JobsModule.forRoot([rotateKeys, ...oauthJobs, ...triggersJobs, ...adminJobs]),
        HttpModule.forRoot({
          problems: [
            encryptionProblems,
            usersProblems,
            oauthProblems,
            integrationsProblems,
            workflowsProblems,
            triggersProblems,
            adminProblems,
          ],
          cursorKey: {
            inject: [EncryptionService],
            useFactory: (encryption: EncryptionService) => () => encryption.deriveKey('cursor'),
          },
          callerId: (request) => principalOf(request).userId,
        }),
        UsersModule,
        OAuthModule.forRoot(providers),
        IntegrationsModule.forRoot(tools, resourceTypes),
        WorkflowsModule,
        TriggersModule.forRoot(triggers),
        AdminModule,
        HealthModule,
      ],
    };
  }
}
