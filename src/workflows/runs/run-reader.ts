import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';
import { type HotRead, HotReads } from '../../common/database/hot-reads.js';
import { CursorCodec } from '../../common/http/paging/cursor.js';
import { type Json } from '../../common/json.js';
import { type Page } from '../../common/http/paging/page.dto.js';
import { loadPage } from '../../common/http/paging/page.js';
import { parsePublicId } from '../../common/public-id.js';
import { type Principal } from '../../users/index.js';
import { ApprovalLinks } from '../approvals/approval-links.js';
import { type RunListQuery, RunResponse, RunSummaryResponse, StepResponse, type StepListQuery } from './run.dto.js';
import { listRuns } from './run-list.js';
import { RunNotFoundError } from './run.errors.js';
import { type WorkflowRunStatus } from './run-status.js';
import { type RunRow, type StepRow } from './run-rows.js';
import { runJoins, summaryColumns } from './run-select.js';
import { type RunView, viewOfRow } from './run-view.js';

const byId = (more: string): string =>
  `select ${summaryColumns}, r.inputs, r.outputs, r.config${more} ${runJoins} where r.run_id = $1 and r.user_id = $2`;
const oneRun: HotRead = { name: 'run', text: byId('') };
const runWithSpec: HotRead = { name: 'run-with-spec', text: byId(', coalesce(r.spec, v.spec) as spec') };
const summariesOf = (ids: string): string =>
  `select ${summaryColumns} ${runJoins} where r.run_id = ${ids} order by r.run_id desc`;
const statusOfRun: HotRead = {
  name: 'status-of-run',
  text: 'select status from workflow_run where run_id = $1 and user_id = $2',
};

const stepColumns = 'node_id, path, attempt, seq, status, inputs, output, error, usage';

/** A run as it is at one moment, and steps of it. */
export interface RunLook {
  readonly run: RunSummaryResponse;
  readonly steps: readonly StepRow[];
}

/** Reads runs in plain SQL with the columns that are shown: the entity path is five times slower (measured). */
@Injectable()
export class RunReader {
  constructor(
    private readonly em: EntityManager,
    private readonly reads: HotReads,
    private readonly cursors: CursorCodec,
    private readonly links: ApprovalLinks,
  ) {}

  /** @throws RunNotFoundError */
  async get(caller: Pick<Principal, 'userId'>, publicId: string, { withSpec = false } = {}): Promise<RunResponse> {
    const runId = parsePublicId('run', publicId);
    const row = runId && (await this.find(caller, runId, withSpec));
    if (!row) throw new RunNotFoundError(publicId);
    return RunResponse.from(this.view(row));
  }

  /** Undefined when the caller has no such run. */
  async status(caller: Pick<Principal, 'userId'>, runId: string): Promise<WorkflowRunStatus | undefined> {
    const [row] = await this.reads.rows<{ status: WorkflowRunStatus }>(statusOfRun, [runId, caller.userId]);
    return row?.status;
  }

  /** What a run (uuid) gave; null for nothing, or no such run. */
  async outputOf({ userId }: Pick<Principal, 'userId'>, runId: string): Promise<Json> {
    const row = await this.find({ userId }, runId, false);
    return row?.outputs ?? null;
  }

  /**
   * Newest first: run ids rise with time. Without inputs, outputs, config and spec, which may be large.
   * @throws CursorInvalidError, RunVersionUnclearError
   */
  list(caller: Principal, query: RunListQuery): Promise<Page<RunSummaryResponse>> {
    const { limit: _limit, cursor: _cursor, ...filter } = query;
    return loadPage(this.cursors, {
      query,
      scope: { owner: caller.userId, list: 'runs', filter },
      load: (count, position) => {
        const page = { userId: caller.userId, query, count, below: position && String(position[0]) };
        return listRuns(this.reads, page, summariesOf);
      },
      positionOf: (row) => [row.run_id],
      toItem: (row) => RunSummaryResponse.from(this.view(row)),
    });
  }

  /** In the order they became durable. @throws RunNotFoundError */
  async steps(caller: Principal, publicId: string, query: StepListQuery): Promise<Page<StepResponse>> {
    const runId = parsePublicId('run', publicId);
    if (!runId || !(await this.status(caller, runId))) throw new RunNotFoundError(publicId);
    return loadPage(this.cursors, {
      query,
      scope: { owner: caller.userId, list: `steps of ${publicId}` },
      load: (count, position) => this.stepsAfter(runId, Number(position?.[0] ?? 0), count),
      positionOf: (row) => [row.seq],
      toItem: (row) => StepResponse.from(row),
    });
  }

  private view(row: RunRow): RunView {
    return viewOfRow(row, (runId, path) => this.links.urlOf(runId, path));
  }

  /** The run and its next steps after `seq`, at most `count`, in one statement: they fit together. Undefined for no such run. */
  async look(caller: Principal, runId: string, seq: number, count: number): Promise<RunLook | undefined> {
    const [row] = await this.em.execute<[(RunRow & { steps: StepRow[] })?]>(
      `select ${summaryColumns}, (
         select coalesce(json_agg(s order by s.seq), '[]') from (
           select ${stepColumns}, started_at::text, completed_at::text
           from workflow_run_step where run_id = r.run_id and seq > ? order by seq limit ?
         ) s
       ) as steps ${runJoins} where r.run_id = ? and r.user_id = ?`,
      [seq, count, runId, caller.userId],
    );
    return row && { run: RunSummaryResponse.from(this.view(row)), steps: row.steps };
  }

  private async find(caller: Pick<Principal, 'userId'>, runId: string, withSpec: boolean): Promise<RunRow | undefined> {
    const [row] = await this.reads.rows<RunRow>(withSpec ? runWithSpec : oneRun, [runId, caller.userId]);
    return row;
  }

  /** Steps with a number above `seq`, at most `count`. The caller may see the run. */
  stepsAfter(runId: string, seq: number, count: number): Promise<StepRow[]> {
    return this.em.execute<StepRow[]>(
      `select ${stepColumns}, started_at, completed_at
       from workflow_run_step where run_id = ? and seq > ? order by seq limit ?`,
      [runId, seq, count],
    );
  }
}
