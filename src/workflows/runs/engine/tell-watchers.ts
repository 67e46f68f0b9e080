/**
 * SQL that leaves word of runs that have just ended for those who watch their workflow, in the statement that ends them: no
 * crash can come between. The look-up is one probe of a small table for each run.
 * @param ended name of a query with `run_id, workflow_id, status` of runs; those that are not over are passed by
 */
export function tellWatchers(ended: string): string {
  return `
    insert into workflow_run_ending (run_id, workflow_id)
    select e.run_id, e.workflow_id from ${ended} e
    where e.status in ('COMPLETED', 'FAILED', 'CANCELLED')
      and exists (select from workflow_watch w where w.workflow_id = e.workflow_id)`;
}
