/** Predicate of `workflow_run_held_back`: runs that wait for a place within the limit of their key. */
const heldBack = `status = 'QUEUED' and not admitted`;
/** Predicate of `workflow_run_concurrency`: runs that have a place, from then until they are over. */
const admitted = `admitted and status in ('QUEUED', 'RUNNING', 'WAITING')`;

/** How many more runs of a key may be let in; null when none waits. The limit is that of the run started last. */
const placesOf = (key: string): string => `(
  (select concurrency_limit from workflow_run where concurrency_key = ${key} and ${heldBack} order by run_id desc limit 1)
  - (select count(*) from workflow_run where concurrency_key = ${key} and ${admitted})
)`;

/**
 * Makes everything about these keys (JSON array) wait until this transaction is over. A statement of its own: only the
 * next one sees what was committed meanwhile. In one order, so that no two wait for each other.
 */
export const lockKeys = `
  select pg_advisory_xact_lock(?, hash) from (
    select distinct hashtext(key) as hash from json_array_elements_text(?::json) as key order by 1
  ) keys`;

/** Gives places of these keys (JSON array, locked) to the runs that have waited longest. Its rows are those runs. */
export const admit = `
  with places as materialized (
    select key, ${placesOf('key')} as free from json_array_elements_text(?::json) as key
  ),
  next as (
    select waiting.run_id from places cross join lateral (
      select run_id from workflow_run where concurrency_key = key and ${heldBack}
      order by run_id limit greatest(free, 0)
    ) waiting
  )
  update workflow_run set admitted = true
  where run_id = any(array(select run_id from next)) and ${heldBack}
  returning run_id`;

/**
 * Looks through at most so many keys that runs wait for, after the given one: which have a free place, how many there
 * were, and the last.
 */
export const findPlaces = `
  with recursive waiting as (
    (select concurrency_key as key from workflow_run where ${heldBack} and concurrency_key > ? order by 1 limit 1)
    union all
    select n.key from waiting w cross join lateral (
      select concurrency_key as key from workflow_run where ${heldBack} and concurrency_key > w.key order by 1 limit 1
    ) n
  ),
  seen as materialized (select key from waiting limit ?)
  select coalesce(json_agg(key) filter (where ${placesOf('key')} > 0), '[]') as free, count(*)::int as seen,
    max(key) as last
  from seen`;

/** Runs of a key that have a place, and those that wait for one. */
const ofKey = (key: string): string => `
  select run_id from workflow_run where concurrency_key = ${key} and ${admitted}
  union all
  select run_id from workflow_run where concurrency_key = ${key} and ${heldBack}`;

/** Those of these keys (JSON array of objects with the limit of each) that have as many runs; counts no further. */
export const fullKeys = `
  select key from json_to_recordset(?::json) as t(key text, most int)
  where (select count(*) from (${ofKey('t.key')} limit t.most) of_key) >= t.most`;

/** Condition on `workflow_run`: runs of a key other than this one, but for so many of the newest. */
export const oldestOfKey = `run_id = any(array(
    select run_id from (${ofKey('?')}) of_key where run_id <> ? order by run_id desc offset ?
  ))`;

/** Whether a run was accepted earlier: with this idempotency key, or as this child. */
export const isKnown = `
  select exists (
    select from idempotency_record where user_id = ? and key = ? and created_at >= now() - interval '24 hours'
  ) or exists (select from workflow_run where parent_run_id = ? and parent_path = ?) as known`;

/** Whether a run, or one of those above it, has this key. */
export const holdsKey = `
  with recursive up as (
    select run_id, parent_run_id, concurrency_key from workflow_run where run_id = ?
    union all
    select p.run_id, p.parent_run_id, p.concurrency_key from up u join workflow_run p on p.run_id = u.parent_run_id
  )
  select exists (select from up where concurrency_key = ?) as holds`;
