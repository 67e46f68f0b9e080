import { Module } from '@nestjs/common';
import { EncryptionAdminController } from './encryption/encryption-admin.controller.js';
import { EncryptionAdminService } from './encryption/encryption-admin.service.js';
import { Pruning } from './retention/pruning.service.js';
import { RetentionController } from './retention/retention.controller.js';

/** Looking across all of it, for administrators. */
@Module({
  controllers: [EncryptionAdminController, RetentionController],
  providers: [EncryptionAdminService, Pruning],
})
export class AdminModule {}
