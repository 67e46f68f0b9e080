import { type SqlEntityManager } from '@mikro-orm/postgresql';
import { type Json } from '../../../common/json.js';

/**
 * Answers what a run waits for at a path. One statement decides: of several answers that come at once exactly one is taken,
 * and none after the time of the pause is over. The run goes on when a process takes it up; one that is under way learns of
 * it when it pauses.
 * @returns whether this answer was taken
 */
export async function answerPause(
  em: SqlEntityManager,
  { runId, path, value, by }: { runId: string; path: string; value: Json; by: string | null },
): Promise<boolean> {
  const rows = await em.execute<unknown[]>(
    `update workflow_run
     set answers = coalesce(answers, '[]') || jsonb_build_array(jsonb_build_object(
           'path', ?::text, 'value', ?::jsonb, 'by', ?::text,
           'at', to_char(clock_timestamp() at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'))),
         waiting_for = waiting_for - ?,
         status = case when status = 'WAITING' then 'QUEUED' else status end
     where run_id = ? and status in ('QUEUED', 'RUNNING', 'WAITING') and jsonb_exists(waiting_for, ?)
       and coalesce((waiting_for -> ? ->> 'until')::timestamptz > clock_timestamp(), true)
     returning run_id`,
    [path, JSON.stringify(value), by, path, runId, path, path],
  );
  return rows.length > 0;
}
