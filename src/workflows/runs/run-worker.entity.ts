import { type Opt } from '@mikro-orm/core';
import { Entity, Index, PrimaryKey, Property } from '@mikro-orm/decorators/legacy';

/**
 * A process that executes runs, as long as it renews its lease. One row renewed every few seconds keeps all runs of the
 * process alive; runs of a process whose lease is over are taken from it. Times are the database's.
 */
@Entity()
export class RunWorker {
  /** As in `worker_id` of the runs it holds. */
  @PrimaryKey({ type: 'uuid' })
  workerId: string;

  /** Host and process id, for people. */
  @Property({ type: 'text' })
  name: string;

  @Property({ type: 'timestamptz', columnType: 'timestamptz(3)', defaultRaw: 'now()' })
  startedAt: Opt<Date>;

  @Property({ type: 'timestamptz', columnType: 'timestamptz(3)' })
  @Index({ name: 'run_worker_lease' })
  leaseUntil: Date;

  /** Runs that were taken from it because its lease was over. */
  @Property({ type: 'integer', default: 0 })
  runsLost: Opt<number> = 0;
}
