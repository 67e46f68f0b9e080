/**
 * SQL that lets the parents of runs that have just ended go on: each gets an answer at the path where it waits.
 * @param ended name of a query with `run_id, status, parent_run_id, parent_path` of the runs that ended
 */
export function wakeParents(ended: string): string {
  return `
    update workflow_run p
    set answers = coalesce(p.answers, '[]') || e.answers,
        status = case when p.status = 'WAITING' then 'QUEUED' else p.status end
    from (
      select parent_run_id, jsonb_agg(jsonb_build_object('path', parent_path, 'value',
        jsonb_build_object('run_id', run_id, 'status', status), 'at', to_jsonb(clock_timestamp()))) as answers
      from ${ended} where parent_run_id is not null
      -- All lock parents in the same order, so that no two statements wait for each other.
      group by parent_run_id order by parent_run_id
    ) e
    where p.run_id = e.parent_run_id and p.status in ('QUEUED', 'RUNNING', 'WAITING')
    returning p.run_id`;
}
