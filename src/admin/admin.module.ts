import { Module } from '@nestjs/common';
import { WorkflowsModule } from '../workflows/index.js';
import { AdminUsersController } from './users/admin-users.controller.js';
import { AdminUsersService } from './users/admin-users.service.js';
import { AuditController } from './audit/audit.controller.js';
import { AuditService } from './audit/audit.service.js';
import { ConnectionsAdminController } from './connections/connections-admin.controller.js';
import { EncryptionAdminController } from './encryption/encryption-admin.controller.js';
import { EncryptionAdminService } from './encryption/encryption-admin.service.js';
import { Findings } from './findings/findings.service.js';
import { FindingsController } from './findings/findings.controller.js';
import { JobsAdminController } from './jobs/jobs-admin.controller.js';
import { JobsAdminService } from './jobs/jobs-admin.service.js';
import { QueuesAdminController } from './queues/queues-admin.controller.js';
import { QueuesAdminService } from './queues/queues-admin.service.js';
import { Pruning } from './retention/pruning.service.js';
import { RetentionController } from './retention/retention.controller.js';
import { RunsAdminController } from './runs/runs-admin.controller.js';
import { StorageController } from './storage/storage.controller.js';
import { StorageService } from './storage/storage.service.js';
import { SubscriptionsAdminController } from './subscriptions/subscriptions-admin.controller.js';
import { WorkersAdminController } from './workers/workers-admin.controller.js';
import { WorkersAdminService } from './workers/workers-admin.service.js';

/** Looking across all of it, for administrators. */
@Module({
  imports: [WorkflowsModule],
  controllers: [
    AdminUsersController,
    AuditController,
    ConnectionsAdminController,
    EncryptionAdminController,
    FindingsController,
    JobsAdminController,
    QueuesAdminController,
    RetentionController,
    RunsAdminController,
    StorageController,
    SubscriptionsAdminController,
    WorkersAdminController,
  ],
  providers: [
    AdminUsersService,
    AuditService,
    EncryptionAdminService,
    Findings,
    JobsAdminService,
    Pruning,
    QueuesAdminService,
    StorageService,
    WorkersAdminService,
  ],
})
export class AdminModule {}
