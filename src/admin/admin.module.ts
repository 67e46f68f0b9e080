import { Module } from '@nestjs/common';
import { UsersModule } from '../users/index.js';
import { AuditController } from './audit/audit.controller.js';
import { AuditService } from './audit/audit.service.js';
import { EncryptionAdminController } from './encryption/encryption-admin.controller.js';
import { EncryptionAdminService } from './encryption/encryption-admin.service.js';
import { AdminUsersController } from './users/admin-users.controller.js';
import { AdminUsersService } from './users/admin-users.service.js';

/** Looking across all of it, for administrators. */
@Module({
  imports: [UsersModule],
  controllers: [AdminUsersController, AuditController, EncryptionAdminController],
  providers: [AdminUsersService, AuditService, EncryptionAdminService],
})
export class AdminModule {}
