import { setTimeout as delay } from 'node:timers/promises';
import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';
import { Environment } from '../../common/config/environment.js';
import { cutoff, type RetentionRule } from '../../common/retention/prunable.js';
import { prunables } from './catalogue.js';
import { RetentionPass } from './retention-pass.entity.js';

/** A rule, and about how many rows it would delete now. */
export interface RuleState extends RetentionRule {
  readonly due: number;
}

const ONLY = 'last';
/** How long it rests after a batch: so many times what the batch took. Runs start meanwhile (bench/jobs/pruning.ts). */
const REST = 3;

/** One that was not finished goes on. */
const begin = `
  insert into retention_pass (id, rows) values ('${ONLY}', '{}')
  on conflict (id) do update set started_at = now(), finished_at = null, rows = '{}'
    where retention_pass.finished_at is not null`;

const report = `
  update retention_pass set rows = rows || jsonb_build_object(?::text, coalesce((rows ->> ?::text)::bigint, 0) + ?::bigint)
  where id = '${ONLY}'`;

/** Deletes what is old, and tells about it. */
@Injectable()
export class Pruning {
  constructor(
    private readonly em: EntityManager,
    private readonly environment: Environment,
  ) {}

  /**
   * Deletes all whose time is over. Between batches it rests, so that it never has more than a part of the database. Any number of processes may do this at once.
   * @throws the reason of the signal; what is left is deleted by the next pass
   */
  async pass(signal: AbortSignal): Promise<void> {
    const em = this.em.fork();
    await em.execute(begin);
    for (const { name, prune } of prunables) {
      let began = performance.now();
      for await (const rows of prune(em, this.environment.retention)) {
        signal.throwIfAborted();
        if (rows > 0) await em.execute(report, [name, name, rows]);
        await delay(REST * (performance.now() - began), undefined, { signal });
        began = performance.now();
      }
    }
    await em.execute(`update retention_pass set finished_at = now() where id = '${ONLY}'`);
  }

  /** The last pass, or the one under way. */
  lastPass(): Promise<RetentionPass | null> {
    return this.em.findOne(RetentionPass, ONLY);
  }

  /** What is kept for how long, and about how much of it is over: the planner's estimate, so it costs nothing. */
  async rules(): Promise<RuleState[]> {
    const rules = prunables.flatMap((prunable) => prunable.rules(this.environment.retention));
    const states: RuleState[] = [];
    for (const rule of rules) states.push({ ...rule, due: await this.estimate(rule) });
    return states;
  }

  private async estimate({ table, over, keep }: RetentionRule): Promise<number> {
    const before = cutoff(keep);
    if (!before) return 0;
    const [row] = await this.em.execute<[{ 'QUERY PLAN': [{ Plan: { 'Plan Rows': number } }] }]>(
      `explain (format json) select from ${table} where ${over}`,
      [before],
    );
    return row['QUERY PLAN'][0].Plan['Plan Rows'];
  }
}
