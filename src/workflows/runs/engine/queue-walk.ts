/** Runs that wait for a free slot: the predicate of the index `workflow_run_queue`. Those with a concurrency key have a place. */
export const isQueued = `status = 'QUEUED' and admitted is not false`;

/**
 * The body of a recursive `with` of this name: users who have queued runs, by id, by one probe of `workflow_run_queue` for each
 * and only as many as are asked for (a loose index scan).
 * @param range which users, as a condition on `user_id`; its placeholder is there twice
 */
export function stepFromUserToUser(name: string, range = 'true'): string {
  return `
    (select user_id from workflow_run where ${isQueued} and ${range} order by user_id limit 1)
    union all
    select n.user_id from ${name} u cross join lateral (
      select user_id from workflow_run where ${isQueued} and ${range} and user_id > u.user_id order by user_id limit 1
    ) n`;
}
