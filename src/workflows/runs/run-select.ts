import { type Condition } from '../../common/database/conditions.js';
import { parsePublicId } from '../../common/public-id.js';
import { type RunListQuery } from './run.dto.js';

/** What lists show of a run, as a `RunRow`. */
export const summaryColumns = `r.run_id, w.workflow_id, v.version_number, r.status, r.source, r.error, r.error_detail, r.waiting_for,
  r.attempt, r.parent_run_id, r.trigger_event_id, r.forked_from_run_id, r.forked_from_step, r.created_at, r.started_at, r.completed_at`;

export const runJoins = `from workflow_run r
  left join workflow w on w.id = r.workflow_id
  left join workflow_version v on v.id = r.workflow_version_id`;

/** What a list is filtered by, and the run after which its page begins. */
export function conditionsOf(query: RunListQuery, after: string | undefined): Condition[] {
  const conditions: Condition[] = [];
  if (query.workflow_id !== undefined)
    conditions.push(['w.workflow_id = ?', parsePublicId('workflow', query.workflow_id) ?? null]);
  if (query.status !== undefined) {
    conditions.push([`r.status in (${query.status.map(() => '?').join(', ')})`, ...query.status]);
  }
  if (query.source !== undefined) conditions.push(['r.source = ?', query.source]);
  if (query.version !== undefined) conditions.push(['v.version_number = ?', query.version]);
  if (query.created_after !== undefined) conditions.push(['r.created_at >= ?', query.created_after]);
  if (query.created_before !== undefined) conditions.push(['r.created_at < ?', query.created_before]);
  if (after !== undefined) conditions.push(['r.run_id < ?', after]);
  return conditions;
}
