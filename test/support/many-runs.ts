import { connect } from './database.js';

/** How much to write. */
export interface Amounts {
  readonly runs: number;
  /** One run in so many has three steps. */
  readonly stepsOfEach: number;
  readonly events: number;
}

const DAYS = 90;

/** The id of the row of this `number` that is made at this moment. */
const idAt = (moment: string, number = 'number'): string =>
  `(lpad(to_hex((extract(epoch from ${moment}) * 1000)::bigint), 12, '0') || '7' || lpad(to_hex(${number} % 4096), 3, '0') ||
    '8' || substr(md5(${number}::text), 1, 15))::uuid`;

const statements = {
  /** Of the one who asks comes the first workflow, published through the API; all others are like it. */
  users: `insert into "user" (user_id, issuer, email, role)
    select 'seeded-' || n, 'https://id.example.com', 'seeded-' || n || '@example.com', 'member' from generate_series(1, 201) n`,
  places: `insert into place
    -- Of 260 workflows the one who asks has 40, the next owner 20, 200 others one each.
    select n, nextval('workflow_id_seq'),
      case when n <= 40 then $1::bigint
        else (select min(id) from "user" where user_id like 'seeded-%') + greatest(n - 60, 0) end
    from generate_series(1, 260) n`,
  workflows: `insert into workflow (id, workflow_id, user_id, name, tags, created_at)
    select id, ${idAt(`now() - interval '${DAYS} days'`)}, user_id, 'Seeded ' || number, '{}', now() - interval '${DAYS} days' from place`,
  drafts: `insert into workflow_draft (workflow_id, spec, updated_by_id)
    select p.id, d.spec, p.user_id from place p, (select spec from workflow_draft order by id limit 1) d`,
  versions: `insert into workflow_version (workflow_id, version_number, status, spec, spec_hash, created_from_draft_revision, created_by_id, created_at)
    select p.id, v, case when v = 3 then 'PUBLISHED' else 'ARCHIVED' end, d.spec, d.spec_hash || v, 1, p.user_id,
      now() - interval '${DAYS} days' * (4 - v) / 3
    from place p, generate_series(1, 3) v, (select spec, spec_hash from workflow_version order by id limit 1) d`,
  subscriptions: `insert into trigger_subscription (subscription_id, user_id, workflow_id, trigger_type, mode, config, revision, enabled,
      status, fence, failures)
    select ${idAt('now()')}, user_id, id, 'webhook', 'webhook', '{"verify": {"type": "none"}}', 1, true, 'active', 0, 0 from place`,
  runs: `insert into workflow_run (run_id, user_id, workflow_id, workflow_version_id, inputs, outputs, status, source, error, error_detail,
      waiting_for, created_at, started_at, completed_at)
    select ${idAt('r.at', 'r.number')}, p.user_id, p.id, v.id, '{"order": 17, "customer": "c-1234"}',
      case when r.status = 'COMPLETED' then '{"total": 12.5, "label": "seventeen"}'::json end, r.status, r.source,
      case when r.status = 'FAILED' then 'The service said no.' end,
      case when r.status = 'FAILED' then '{"code": "upstream-error", "node_id": "a"}'::json end,
      case when r.status = 'WAITING' then '{"a": {"type": "approval", "node_id": "a"}}'::jsonb end,
      r.at, r.at, case when r.status <> 'WAITING' then r.at + interval '300 ms' end
    from (
      select n as number, now() - interval '${DAYS} days' * (1 - n / ($1::float8 + 1)) as at,
        case when n % 1000 = 0 then 'WAITING' when n % 16 = 0 then 'FAILED' when n % 33 = 0 then 'CANCELLED' else 'COMPLETED' end as status,
        case when n % 50 < 45 then 'TRIGGER' when n % 50 < 49 then 'MANUAL' when n % 2000 = 49 then 'FORM' else 'AGENT' end as source,
        -- Of 100, 80 are of the one who asks, 15 of the next, 5 of the 200 others.
        case when n % 100 < 80 then 1 + (n / 100) % 40 when n % 100 < 95 then 41 + (n / 100) % 20 else 61 + (n / 100) % 200 end as place
      from generate_series(1, $1::int) n
    ) r
    join place p on p.number = r.place
    join workflow_version v on v.workflow_id = p.id
      and v.version_number = 1 + (3 * r.number::bigint) / ($1::int + 1)
    order by r.number`,
  steps: `insert into workflow_run_step (run_id, path, attempt, seq, node_id, status, output, started_at, completed_at)
    select r.run_id, 'n' || s, 1, s, 'n' || s, 'COMPLETED', '{"total": 12.5, "label": "seventeen"}', r.created_at, r.created_at
    from workflow_run r, generate_series(1, 3) s where r.id % $1::int = 0`,
  events: `insert into trigger_event (user_id, event_id, subscription_id, event_data, verdict, reason, created_at)
    select s.user_id, ${idAt('e.at', 'e.number')}, s.id, '{"body": {"n": 1}}', e.verdict, case when e.verdict <> 'accepted' then 'So it is.' end, e.at
    from (
      select n as number, now() - interval '${DAYS} days' * (1 - n / ($1::float8 + 1)) as at,
        case when n % 10 < 8 then 'accepted' when n % 100 = 9 then 'failed' when n % 20 = 8 then 'filtered' else 'duplicate' end as verdict,
        case when n % 100 < 80 then 1 + (n / 100) % 40 when n % 100 < 95 then 41 + (n / 100) % 20 else 61 + (n / 100) % 200 end as place
      from generate_series(1, $1::int) n
    ) e
    join place p on p.number = e.place join trigger_subscription s on s.workflow_id = p.id
    order by e.number`,
};

/**
 * Writes runs of 90 days, of owners of very different size, with all statuses that stay as they are, all sources, three versions
 * of each workflow, steps and events. Past every check of the database, which is empty but for one published workflow of `userId`,
 * the internal id of the one who asks.
 */
export async function seedRuns(url: string, userId: string, { runs, stepsOfEach, events }: Amounts): Promise<void> {
  const client = await connect(url);
  try {
    // No foreign key is checked, and nothing waits for the disk.
    await client.query(`set session_replication_role = replica; set synchronous_commit = off`);
    const { users, places, workflows, drafts, versions, subscriptions } = statements;
    await client.query(users);
    await client.query('create temp table place (number int, id bigint, user_id bigint)');
    await client.query(places, [userId]);
    for (const sql of [workflows, drafts, versions, subscriptions]) await client.query(sql);
    await client.query(statements.runs, [runs]);
    await client.query(statements.steps, [stepsOfEach]);
    await client.query(statements.events, [events]);
    await client.query(`update workflow w set published_version_id = v.id from workflow_version v
      where v.workflow_id = w.id and v.status = 'PUBLISHED'`);
    await client.query('vacuum analyze');
  } finally {
    await client.end();
  }
}
