import type pg from 'pg';

/** A status that a run has taken, written by the database itself. */
export interface Transition {
  readonly run_id: string;
  readonly was: string | null;
  readonly became: string;
  readonly attempt: number;
  /** The process that holds it from now on. */
  readonly worker_id: string | null;
  readonly at: Date;
}

/** From now on the database writes down every status that a run takes: more than the run itself can tell. */
export async function recordTransitions(database: pg.Client): Promise<void> {
  await database.query(`
    create table chaos_transition (
      n bigserial primary key, run_id uuid, was text, became text, attempt int, worker_id uuid,
      at timestamptz default clock_timestamp()
    );
    create index on chaos_transition (run_id);
    create index on workflow_run ((inputs ->> 'target'));
    create function chaos_transition() returns trigger language plpgsql security definer as $$
    begin
      if tg_op = 'INSERT' then
        insert into chaos_transition (run_id, became, attempt, worker_id)
        values (new.run_id, new.status, new.attempt, new.worker_id);
      elsif old.status <> new.status or old.attempt <> new.attempt or old.completed_at is not null then
        insert into chaos_transition (run_id, was, became, attempt, worker_id)
        values (new.run_id, old.status, new.status, new.attempt, new.worker_id);
      end if;
      return null;
    end $$;
    create trigger chaos_transition after insert or update on workflow_run
      for each row execute function chaos_transition()`);
}

export async function transitionsOf(database: pg.Client, runIds: readonly string[]): Promise<Transition[]> {
  const { rows } = await database.query<Transition>(
    'select run_id, was, became, attempt, worker_id, at from chaos_transition where run_id = any($1) order by n',
    [runIds],
  );
  return rows;
}
