import { isQueued, stepFromUserToUser } from './queue-walk.js';

/** How a process claims. */
export interface ClaimRequest {
  readonly workerId: string;
  /** How many runs at most, in all … */
  readonly count: number;
  /** … and of one user, unless `rooms` has another number. */
  readonly perUser: number;
  /** By user (internal id): how many of those that have fewer left. */
  readonly rooms: Readonly<Record<string, number>>;
  /** The user who had the last turn: it goes on with the next one. */
  readonly after: string;
}

/** What a claim tells besides the runs. */
export interface ClaimReport {
  /** The user who has had the last turn now; null when nothing was there. */
  last_user: string | null;
  /** How many runs could have been claimed, at most `count`: fewer were if another process has just locked some. */
  seen: number;
  /** Whether runs were left because their users have no room. */
  capped: boolean;
}

const columns = `c.run_id, c.user_id, w.workflow_id as workflow_uuid, v.version_number,
  c.workflow_version_id as version_id, v.spec_hash, c.spec, c.inputs, c.config, c.source, c.attempt as fence, c.tries, c.depth, c.ran_ms,
  c.concurrency_key, c.parent_run_id, c.trigger_event_id, c.hops, c.forked_from_run_id is not null as is_fork, c.waiting_for,
  c.answers, clock_timestamp()::timestamptz(3) as claimed_at, c.created_at, c.started_at`;

/**
 * Claims queued runs. Users take turns, each with the oldest run first. No queue is ever sorted, however deep: the
 * statement steps from user to user in the index `workflow_run_queue`, beginning after the one who had the last turn,
 * until there are enough, and looks at as many runs of each as could get a turn. Only then it locks: of each user as many
 * rows as that user's share, passing by those that another process has just locked.
 *
 * Gives one row for each run, and one without a run (`run_id` null) when nothing was claimed; all have the report.
 */
export function claimStatement({ workerId, count, perUser, rooms, after }: ClaimRequest): [string, unknown[]] {
  const sql = `
    with recursive later as (${stepFromUserToUser('later', 'user_id > ?')}),
    earlier as (${stepFromUserToUser('earlier', 'user_id <= ?')}),
    rooms as (select key::bigint as user_id, value::int as room from json_each_text(?)),
    turns as (
      select user_id, room, row_number() over (order by lap, user_id) as place, count(*) over () as users
      from ((${usersWithRoom('later', 1)}) union all (${usersWithRoom('earlier', 2)})) u
      order by lap, user_id limit ?
    ),
    picks as (
      select t.user_id, t.room, t.place, q.turn
      from turns t cross join lateral (
        select row_number() over (order by run_id) as turn from (
          -- Every other user has at least one turn.
          select run_id from workflow_run where ${isQueued} and user_id = t.user_id
          order by run_id limit least(t.room, greatest(? - t.users + 1, 1))
        ) oldest
      ) q
      order by q.turn, t.place limit ?
    ),
    shares as (select user_id, count(*) as share, max(room) as room from picks group by user_id),
    locked as (
      select l.run_id from shares s cross join lateral (
        select run_id from workflow_run where ${isQueued} and user_id = s.user_id
        order by run_id limit s.share for update skip locked
      ) l
    ),
    claimed as (
      update workflow_run set status = 'RUNNING', attempt = attempt + 1, worker_id = ?,
        started_at = coalesce(started_at, now())
      -- As an array: a join may be planned as a scan of all runs.
      where run_id = any(array(select run_id from locked))
      returning *
    ),
    report as (
      select (select user_id from picks order by turn desc, place desc limit 1) as last_user,
        (select count(*) from picks)::int as seen,
        exists (select from shares where share >= room and room < ?) or exists (
          select from rooms r
          where r.room = 0 and exists (select from workflow_run where ${isQueued} and user_id = r.user_id)
        ) as capped
    )
    select report.*, ${columns}
    from report
    left join claimed c on true
    left join workflow w on w.id = c.workflow_id
    left join workflow_version v on v.id = c.workflow_version_id
    order by c.run_id`;
  const inTurn = [perUser, count];
  return [
    sql,
    [after, after, after, after, JSON.stringify(rooms), ...inTurn, ...inTurn, count, count, count, workerId, count],
  ];
}

function usersWithRoom(walk: string, lap: number): string {
  return `
    select * from (
      select user_id, coalesce((select room from rooms r where r.user_id = u.user_id), ?) as room, ${lap} as lap
      from ${walk} u
    ) u
    where room > 0 limit ?`;
}
