import { Module } from '@nestjs/common';
import { APP_GUARD, DiscoveryModule } from '@nestjs/core';
import { ApiKeysController } from './api-keys/api-keys.controller.js';
import { ApiKeysService } from './api-keys/api-keys.service.js';
import { AccessCheck } from './auth/access-check.js';
import { ApiKeyAuthenticator } from './auth/api-key-authenticator.js';
import { AuthGuard } from './auth/auth.guard.js';
import { TokenVerifier } from './auth/token-verifier.js';
import { Bootstrap } from './bootstrap.js';
import { IdentityWebhookController } from './identity-webhook/identity-webhook.controller.js';
import { IdentityWebhookService } from './identity-webhook/identity-webhook.service.js';
import { UsersController } from './users.controller.js';
import { UsersService } from './users.service.js';

/** Who is asking: users, their API keys, and the guard before every route of the application. */
@Module({
  imports: [DiscoveryModule],
  controllers: [UsersController, ApiKeysController, IdentityWebhookController],
  providers: [
    { provide: APP_GUARD, useClass: AuthGuard },
    AccessCheck,
    ApiKeyAuthenticator,
    ApiKeysService,
    Bootstrap,
    IdentityWebhookService,
    TokenVerifier,
    UsersService,
  ],
})
export class UsersModule {}
