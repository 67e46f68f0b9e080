import { Global, Module } from '@nestjs/common';
import { APP_GUARD, DiscoveryModule } from '@nestjs/core';
import { ApiKeysController } from './api-keys/api-keys.controller.js';
import { ApiKeysService } from './api-keys/api-keys.service.js';
import { AccessCheck } from './auth/access-check.js';
import { AccessNews } from './auth/access-news.js';
import { AccessWatch } from './auth/access-watch.js';
import { ApiKeyAuthenticator } from './auth/api-key-authenticator.js';
import { AuthGuard } from './auth/auth.guard.js';
import { TokenVerifier } from './auth/token-verifier.js';
import { Bootstrap } from './bootstrap.js';
import { Deactivations } from './deactivations.js';
import { UserStanding } from './user-standing.service.js';
import { Owners } from './owners/owners.service.js';
import { IdentityWebhookController } from './identity-webhook/identity-webhook.controller.js';
import { IdentityWebhookService } from './identity-webhook/identity-webhook.service.js';
import { UsersController } from './users.controller.js';
import { UsersService } from './users.service.js';

/** Who is asking: users, their API keys, and the guard before every route of the application. */
@Global()
@Module({
  imports: [DiscoveryModule],
  controllers: [UsersController, ApiKeysController, IdentityWebhookController],
  providers: [
    { provide: APP_GUARD, useClass: AuthGuard },
    AccessCheck,
    AccessNews,
    AccessWatch,
    ApiKeyAuthenticator,
    ApiKeysService,
    Bootstrap,
    Deactivations,
    Owners,
    IdentityWebhookService,
    TokenVerifier,
    UserStanding,
    UsersService,
  ],
  exports: [AccessWatch, Deactivations, Owners, UserStanding],
})
export class UsersModule {}
