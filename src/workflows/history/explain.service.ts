import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';
import { ProblemCatalogue } from '../../common/http/problems/problem-catalogue.js';
import { type Principal } from '../../users/index.js';
import { RunReader } from '../runs/run-reader.js';
import { explain, type RunFacts } from './explain.js';
import { type RunExplanationResponse } from './explanation.dto.js';
import { type PastRun, PastRuns } from './past-runs.js';

type StoredFacts = Pick<RunFacts, 'user_id' | 'email' | 'tries' | 'crashes' | 'worker_alive' | 'queued_before'>;

/** Says of a run why it is as it is. */
@Injectable()
export class ExplainService {
  constructor(
    private readonly em: EntityManager,
    private readonly reader: RunReader,
    private readonly past: PastRuns,
    private readonly catalogue: ProblemCatalogue,
  ) {}

  /** @throws RunNotFoundError */
  async explain(caller: Pick<Principal, 'userId'>, publicId: string): Promise<RunExplanationResponse> {
    const past = await this.past.find(caller, publicId);
    const facts = await this.facts(past);
    const run = await this.reader.get(caller, publicId);
    // After the run: of one that is over, all steps are there.
    const steps = await this.past.steps(past);
    const next = await this.past.next(past, new Map(steps.map((step) => [step.path, step])));
    const { effects } = await this.past.workflowOf(past);
    return explain({
      ...facts,
      ...{ run, next, effects },
      recorded: steps.map(({ node_id: nodeId }) => nodeId),
      explanationOf: (code) => this.catalogue.find(code),
    });
  }

  private async facts({ run_id: runId }: PastRun): Promise<StoredFacts> {
    const [row] = await this.em.execute<[StoredFacts]>(
      `select u.user_id, u.email, r.tries, r.crashes,
         case when r.status = 'RUNNING' then exists (
           select from run_worker w where w.worker_id = r.worker_id and w.lease_until > now()
         ) end as worker_alive,
         case when r.status = 'QUEUED' then (
           select count(*)::int from (
             select from workflow_run q where q.status = 'QUEUED' and q.user_id = r.user_id and q.run_id < r.run_id limit 1000
           ) before
         ) end as queued_before
       from workflow_run r join "user" u on u.id = r.user_id where r.run_id = ?`,
      [runId],
    );
    return row;
  }
}
