import { type Condition } from '../../common/database/conditions.js';
import { parsePublicId } from '../../common/public-id.js';
import { firstUuidOf } from '../../common/uuid.js';
import { type RunListQuery } from './run.dto.js';

/**
 * Ids rise with time, so the index of a list is entered near the time that is asked for. Clocks, and time zones that were
 * left out, may differ by this much, and nothing is missed.
 */
const CLOCKS_MS = 86_400_000;

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
  if (query.created_after !== undefined) {
    conditions.push(['r.created_at >= ?', query.created_after]);
    conditions.push(...near('r.run_id >= ?', Date.parse(query.created_after) - CLOCKS_MS));
  }
  if (query.created_before !== undefined) {
    conditions.push(['r.created_at < ?', query.created_before]);
    conditions.push(...near('r.run_id < ?', Date.parse(query.created_before) + CLOCKS_MS));
  }
  if (after !== undefined) conditions.push(['r.run_id < ?', after]);
  return conditions;
}

/** None for a spelling of a time that only the database reads. */
function near(sql: string, millisecond: number): Condition[] {
  return Number.isNaN(millisecond) ? [] : [[sql, firstUuidOf(millisecond)]];
}
