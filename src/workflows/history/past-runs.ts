import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';
import { dateOf } from '../../common/database/sql-date.js';
import { type Json, type JsonObject } from '../../common/json.js';
import { parsePublicId } from '../../common/public-id.js';
import { type Principal } from '../../users/index.js';
import { type CompiledWorkflow } from '../compiler/compile-workflow.js';
import { type RecordedStep, type StepStatus } from '../compiler/run-context.js';
import { EventLedger } from '../runs/engine/event-ledger.js';
import { scopeOf } from '../runs/engine/run-executor.js';
import { RunNotFoundError } from '../runs/run.errors.js';
import { type WorkflowRunSource, type WorkflowRunStatus } from '../runs/run-status.js';
import { WorkflowSpecs } from '../workflow-specs.js';
import { nodesAfter } from './replay.js';

/** What a replay needs to know of a run. */
export interface PastRun {
  run_id: string;
  status: WorkflowRunStatus;
  source: WorkflowRunSource;
  inputs: Json;
  /** Internal id. */
  user_id: string;
  trigger_event_id: string | null;
  tries: number;
  depth: number;
  created_at: string;
  started_at: string | null;
  /** Internal id. */
  workflow_id: string | null;
  workflow_uuid: string | null;
  version_number: number | null;
  version_id: string | null;
  spec_hash: string | null;
  /** Of an ad hoc run. */
  spec: JsonObject | null;
}

/** A step that came to its end. */
export interface PastStep extends RecordedStep {
  seq: number;
  path: string;
  node_id: string;
  status: StepStatus;
  output: Json;
}

/** All steps of a run: none has a higher number. */
export const ALL_STEPS = 2 ** 31 - 1;

/** Reads what runs have recorded, and finds out where that leads. */
@Injectable()
export class PastRuns {
  constructor(
    private readonly em: EntityManager,
    private readonly specs: WorkflowSpecs,
    private readonly ledger: EventLedger,
  ) {}

  /** @throws RunNotFoundError */
  async find(caller: Pick<Principal, 'userId'>, publicId: string): Promise<PastRun> {
    const runId = parsePublicId('run', publicId);
    const [run] = runId
      ? await this.em.execute<[PastRun?]>(
          `select r.run_id, r.user_id, r.status, r.source, r.inputs, r.trigger_event_id, r.tries, r.depth, r.created_at, r.started_at, r.spec,
             r.workflow_id, w.workflow_id as workflow_uuid, v.version_number, v.id as version_id, v.spec_hash
           from workflow_run r
           left join workflow w on w.id = r.workflow_id
           left join workflow_version v on v.id = r.workflow_version_id
           where r.run_id = ? and r.user_id = ?`,
          [runId, caller.userId],
        )
      : [];
    if (!run) throw new RunNotFoundError(publicId);
    return run;
  }

  /** Steps up to this number, in the order they became durable. Failed attempts are not among them: they count for nothing. */
  steps({ run_id: runId }: PastRun, upTo = ALL_STEPS): Promise<PastStep[]> {
    return this.em.execute<PastStep[]>(
      `select seq, path, node_id, status, output from workflow_run_step
       where run_id = ? and seq <= ? and status <> 'FAILED' order by seq`,
      [runId, upTo],
    );
  }

  /** The workflow that the run executes. */
  workflowOf(run: PastRun): Promise<CompiledWorkflow> {
    return this.specs.load(run);
  }

  /** What `trigger` is in the run. */
  triggerOf({ user_id: userId, trigger_event_id: eventId }: PastRun): Promise<Json> {
    return this.ledger.triggerOf(userId, eventId);
  }

  /** Ids of the nodes that come next when these steps are recorded; none when the run is over. */
  async next(run: PastRun, recorded: ReadonlyMap<string, RecordedStep>): Promise<string[]> {
    const { run_id: runId, inputs, workflow_uuid: workflowId, version_number: version, source, tries, depth } = run;
    const createdAt = dateOf(run.created_at).getTime();
    const startedAt = dateOf(run.started_at)?.getTime() ?? createdAt;
    const about = { workflowId, version, source, createdAt, startedAt, tries, depth, hops: 0 };
    const trigger = await this.triggerOf(run);
    return nodesAfter(await this.workflowOf(run), scopeOf(runId, { inputs, trigger, about }), recorded);
  }
}
