import { Module } from '@nestjs/common';
import { EncryptionAdminController } from './encryption/encryption-admin.controller.js';
import { EncryptionAdminService } from './encryption/encryption-admin.service.js';

/** Looking across all of it, for administrators. */
@Module({ controllers: [EncryptionAdminController], providers: [EncryptionAdminService] })
export class AdminModule {}
