/**
 * Makes a fork in one statement, so that a crash leaves all of it or nothing: the run, QUEUED, with the steps that it has from
 * its origin. All data stays in the database; what was a failed attempt stays behind. With an idempotency key, only if
 * the key was free.
 *
 * Everything that control flow was decided from is the origin's (`source` among it), as it is decided again. A run with a
 * concurrency key waits for a place within its limit, whatever its workflow does with starts at the limit.
 */
export const forkStatement = `
  with given as (
    select ?::uuid as run_id, ?::uuid as origin, ?::int as up_to, ?::smallint as tries, ?::boolean as has_inputs, ?::json as inputs,
      ?::text as concurrency_key, ?::bigint as user_id, ?::text as key, ?::bytea as request_hash, ?::timestamptz as created_at
  ), key as (
    insert into idempotency_record (user_id, key, request_hash, location)
    select g.user_id, g.key, g.request_hash, g.run_id::text from given g join workflow_run o on o.run_id = g.origin
    where g.key is not null
    on conflict (user_id, key) do update
      set request_hash = excluded.request_hash, location = excluded.location, created_at = now()
      where idempotency_record.created_at < now() - interval '24 hours'
    returning location
  ), kept as (
    select s.* from given g join workflow_run_step s on s.run_id = g.origin and s.seq <= g.up_to and s.status <> 'FAILED'
  ), run as (
    insert into workflow_run (run_id, user_id, workflow_id, workflow_version_id, spec, inputs, config, status, source, attempt, tries,
      concurrency_key, concurrency_limit, admitted, forked_from_run_id, forked_from_step, trigger_event_id, hops, created_at)
    select g.run_id, o.user_id, o.workflow_id, o.workflow_version_id, o.spec, case when g.has_inputs then g.inputs else o.inputs end,
      o.config, 'QUEUED', o.source, 0, g.tries, c.key, o.concurrency_limit, case when c.key is not null then false end, o.run_id,
      (select coalesce(max(seq), 0) from kept), o.trigger_event_id, o.hops, g.created_at
    from given g join workflow_run o on o.run_id = g.origin
    cross join lateral (select case when g.has_inputs then g.concurrency_key else o.concurrency_key end as key) c
    where g.key is null or exists (select from key)
    returning run_id, concurrency_key
  ), steps as (
    insert into workflow_run_step (run_id, path, attempt, seq, node_id, status, inputs, output, usage, started_at, completed_at)
    select run.run_id, k.path, 1, row_number() over (order by k.seq), k.node_id,
      case when c.path is null then k.status else 'COMPLETED' end, k.inputs,
      case when c.path is null then k.output else c.value end, k.usage, k.started_at, k.completed_at
    from run cross join kept k
    left join json_to_recordset(?::json) as c(path text, value json) on c.path = k.path
  )
  select concurrency_key from run`;
