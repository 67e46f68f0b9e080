import { type HotRead, type HotReads } from '../../common/database/hot-reads.js';
import { newestRows, type SelectOf, type Walk, type Wanted } from '../../common/database/newest-rows.js';
import { parsePublicId } from '../../common/public-id.js';
import { type RunListQuery } from './run.dto.js';
import { RunVersionUnclearError } from './run.errors.js';
import { runSources, runStatuses, type WorkflowRunStatus } from './run-status.js';
import { type RunRow } from './run-rows.js';

/** Whose runs, all of them or of one workflow. */
interface Place {
  readonly column: 'user_id' | 'workflow_id';
  /** Internal ids. */
  readonly id: string;
  readonly version?: { readonly id: string; readonly createdAt: string } | undefined;
}

interface WorkflowRow {
  id: string;
  version_id: string | null;
  version_created_at: string | null;
}

const workflowOfList: HotRead = {
  name: 'workflow-of-runs',
  text: `select w.id, v.id as version_id, v.created_at as version_created_at
    from workflow w left join workflow_version v on v.workflow_id = w.id and v.version_number = $3
    where w.workflow_id = $1 and w.user_id = $2`,
};

/**
 * A page of somebody's runs, the newest first.
 * @throws RunVersionUnclearError
 */
export async function listRuns(
  reads: HotReads,
  { userId, query, below, count }: { userId: string; query: RunListQuery; below: string | undefined; count: number },
  select: SelectOf,
): Promise<RunRow[]> {
  const place = await placeOf(reads, userId, query);
  if (!place) return [];
  const { read, values } = newestRows({
    ...walksOf(place, query),
    ...{ table: 'workflow_run', id: 'run_id', below, count, select },
    only: place.version && { column: 'workflow_version_id', value: place.version.id },
    since: place.version?.createdAt,
    after: query.created_after,
    before: query.created_before,
  });
  return reads.rows<RunRow>(read, values);
}

/** Undefined when there is no such workflow, or version of it. */
async function placeOf(
  reads: HotReads,
  userId: string,
  { workflow_id: publicId, version }: RunListQuery,
): Promise<Place | undefined> {
  if (publicId === undefined) {
    if (version !== undefined) throw new RunVersionUnclearError();
    return { column: 'user_id', id: userId };
  }
  const uuid = parsePublicId('workflow', publicId) ?? null;
  const [row] = await reads.rows<WorkflowRow>(workflowOfList, [uuid, userId, version ?? null]);
  if (!row || (version !== undefined && row.version_id === null)) return undefined;
  const of = row.version_id === null ? undefined : { id: row.version_id, createdAt: row.version_created_at! };
  return { column: 'workflow_id', id: row.id, version: of };
}

/** COMPLETED runs, the most by far, are in the index of all; the others have one more, which costs COMPLETED ones nothing. */
function walksOf(
  { column, id }: Place,
  { status = runStatuses, source }: RunListQuery,
): { name: string; walks: readonly Walk[] } {
  const wanted = (of: string, values: readonly string[]): Wanted => ({ column: of, type: 'text', values });
  const owner: Wanted = { column, type: 'bigint', values: [id] };
  const sources = wanted('source', source === undefined ? runSources : [source]);
  const statuses = runStatuses.filter((one) => status.includes(one));
  const others = wanted(
    'status',
    statuses.filter((one) => one !== 'COMPLETED'),
  );
  const all: Walk = { wanted: [owner, sources] };
  const exceptional: Walk = { wanted: [owner, others, sources], where: `t.status <> 'COMPLETED'` };
  const completed: Walk = { wanted: [owner, sources], where: `t.status = 'COMPLETED'` };
  if (statuses.length === runStatuses.length) return { name: `runs-${column}`, walks: [all] };
  if (!statuses.includes('COMPLETED' satisfies WorkflowRunStatus))
    return { name: `runs-${column}-exceptional`, walks: [exceptional] };
  if (statuses.length === 1) return { name: `runs-${column}-completed`, walks: [completed] };
  return { name: `runs-${column}-mixed`, walks: [completed, exceptional] };
}
