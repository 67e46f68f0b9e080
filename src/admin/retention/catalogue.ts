import { prunableAudit } from '../../common/audit/audit.prunable.js';
import { prunableIdempotency } from '../../common/http/idempotency/idempotency.prunable.js';
import { type Prunable } from '../../common/retention/prunable.js';
import { oauthPrunables } from '../../oauth/index.js';
import { triggersPrunables } from '../../triggers/index.js';
import { workflowsPrunables } from '../../workflows/index.js';

/** All that goes when it is old, in the line of the modules: events stay as long as their runs. */
export const prunables: readonly Prunable[] = [
  prunableIdempotency,
  prunableAudit,
  ...oauthPrunables,
  ...workflowsPrunables,
  ...triggersPrunables,
];
