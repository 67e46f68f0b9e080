import { prunableAudit } from '../../common/audit/audit.prunable.js';
import { prunableIdempotency } from '../../common/http/idempotency/idempotency.prunable.js';
import { type Prunable } from '../../common/retention/prunable.js';
import { prunableDedup, prunableEvents } from '../../triggers/index.js';
import { prunableRuns } from '../../workflows/index.js';

/** All that goes when it is old, in this order: events stay as long as their runs. */
export const prunables: readonly Prunable[] = [
  prunableIdempotency,
  prunableDedup,
  prunableRuns,
  prunableEvents,
  prunableAudit,
];
