import { type Rel } from '@mikro-orm/core';
import { Entity, ManyToOne, PrimaryKey, Property } from '@mikro-orm/decorators/legacy';
import { firstUuidAt } from '../../../common/database/sql-uuid.js';
import { ownedBy } from '../../../common/database/walls/ownership.js';
import { User } from '../../../users/index.js';

/** Hexadecimal digits of an id that tell its time to 2^20 ms, some 17 minutes. */
const SPAN_DIGITS = 7;

/** SQL of the span of time in which an id was made. */
export const spanOf = (uuid: string): string => `left(${uuid}::text, ${SPAN_DIGITS})`;

/** SQL of the last id that a span can have. */
export const lastUuidOf = (span: string): string => `(${span} || 'f-ffff-ffff-ffff-ffffffffffff')::uuid`;

/**
 * How many runs of a user that began within a span of time are deleted: they count for the quota of a day nevertheless
 * (run-quota.ts). Written by a trigger of `workflow_run` alone, whoever deletes and whatever goes with it, while the quota can
 * still see them; older spans go when the next ones come.
 */
@Entity({ policies: ownedBy() })
export class DeletedRunCount {
  @ManyToOne(() => User, { primary: true, deleteRule: 'cascade' })
  user: Rel<User>;

  /** The first digits of their ids, see {@link spanOf}. */
  @PrimaryKey({ type: 'text' })
  span: string;

  @Property({ type: 'integer' })
  runs: number;
}

const aDayAgo = firstUuidAt(`now() - interval '1 day'`);

/**
 * What the trigger does with the runs that a statement has deleted, which are in `gone`: the migration says so, MikroORM has no
 * words for it. Those of a user who is deleted themselves are nobody's any more.
 */
export const countDeletedRuns =
  `insert into deleted_run_count as known (user_id, span, runs) ` +
  `select user_id, ${spanOf('run_id')}, count(*) from gone ` +
  `where run_id >= ${aDayAgo} and exists (select from "user" u where u.id = gone.user_id) ` +
  `group by 1, 2 order by 1, 2 on conflict (user_id, span) do update set runs = known.runs + excluded.runs; ` +
  `delete from deleted_run_count where user_id in (select user_id from gone) and span < ${spanOf(aDayAgo)}; return null`;
