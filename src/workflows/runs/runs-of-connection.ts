import { type EntityManager } from '@mikro-orm/postgresql';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { ConnectionRenewals, type Renewal } from '../../oauth/index.js';
import { RunBroadcasts } from './engine/run-broadcasts.js';

/** Each place at which such a run waits for this connection gets an answer; the others stay as they are. */
const wake = `
  update workflow_run r
     set answers = coalesce(r.answers, '[]') || w.answers, waiting_for = r.waiting_for - w.paths,
         status = 'QUEUED'
    from (
      select r.run_id, array_agg(p.key) as paths,
             jsonb_agg(jsonb_build_object('path', p.key, 'value', null, 'at',
               to_char(clock_timestamp() at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'))) as answers
        from workflow_run r cross join lateral jsonb_each(r.waiting_for) p
       where r.user_id = ? and r.status = 'WAITING' and p.value ->> 'connection_id' = ?
       group by r.run_id order by r.run_id
    ) w
   where r.run_id = w.run_id and r.status = 'WAITING'`;

/** Lets the runs go on that wait for an account to be connected again. */
@Injectable()
export class RunsOfConnection implements OnModuleInit {
  constructor(
    private readonly renewals: ConnectionRenewals,
    private readonly broadcasts: RunBroadcasts,
  ) {}

  onModuleInit(): void {
    this.renewals.register((em, renewal) => this.wake(em, renewal));
  }

  private async wake(em: EntityManager, { userId, connectionId }: Renewal): Promise<() => void> {
    await em.execute(wake, [userId, connectionId]);
    return () => this.broadcasts.tell('queued');
  }
}
