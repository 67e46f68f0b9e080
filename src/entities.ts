import { type EntityClass } from '@mikro-orm/core';
import { adminEntities } from './admin/index.js';
import { AuditEntry } from './common/audit/audit-entry.entity.js';
import { encryptionEntities } from './common/encryption/entities.js';
import { IdempotencyRecord } from './common/http/idempotency/idempotency-record.entity.js';
import { integrationsEntities } from './integrations/index.js';
import { oauthEntities } from './oauth/index.js';
import { triggersEntities } from './triggers/index.js';
import { usersEntities } from './users/index.js';
import { workflowsEntities } from './workflows/index.js';

/** Every table of Seer, module by module. */
export const entities: EntityClass<object>[] = [
  ...encryptionEntities,
  IdempotencyRecord,
  AuditEntry,
  ...usersEntities,
  ...oauthEntities,
  ...integrationsEntities,
  ...workflowsEntities,
  ...triggersEntities,
  ...adminEntities,
];
