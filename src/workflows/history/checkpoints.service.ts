import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';
import { CursorCodec } from '../../common/http/paging/cursor.js';
import { type Page, type PageQuery } from '../../common/http/paging/page.dto.js';
import { loadPage } from '../../common/http/paging/page.js';
import { type Principal } from '../../users/index.js';
import { takeTurns } from '../compiler/take-turns.js';
import { type RecordedStep } from '../compiler/run-context.js';
import { parseCheckpointId } from '../runs/checkpoint-id.js';
import { type Checkpoint, CheckpointResponse, CheckpointWithStateResponse } from './checkpoint.dto.js';
import { CheckpointNotFoundError } from './history.errors.js';
import { type PastRun, PastRuns, type PastStep } from './past-runs.js';

type CheckpointRow = Omit<Checkpoint, 'run_id' | 'next'>;

/** The points of a run from which it can be looked at and forked. */
@Injectable()
export class CheckpointsService {
  constructor(
    private readonly em: EntityManager,
    private readonly past: PastRuns,
    private readonly cursors: CursorCodec,
  ) {}

  /** In the order of time. @throws RunNotFoundError */
  async list(caller: Principal, publicId: string, query: PageQuery): Promise<Page<CheckpointResponse>> {
    const run = await this.past.find(caller, publicId);
    return loadPage(this.cursors, {
      query,
      scope: { owner: caller.userId, list: `checkpoints of ${publicId}` },
      load: (count, position) => this.after(run, Number(position?.[0] ?? 0), count),
      positionOf: ({ step }) => [step],
      toItem: (checkpoint) => CheckpointResponse.from(checkpoint),
    });
  }

  /** @throws RunNotFoundError, CheckpointNotFoundError */
  async get(caller: Principal, publicId: string, checkpointId: string): Promise<CheckpointWithStateResponse> {
    const run = await this.past.find(caller, publicId);
    const row = await this.find(run, checkpointId);
    const steps = await this.past.steps(run, row.step);
    const next = await this.past.next(run, new Map(steps.map((step) => [step.path, step])));
    const nodes = steps.filter(isOutsideOfLoops).map(({ node_id: id, output }) => [id, output]);
    const state = { inputs: run.inputs, nodes: Object.fromEntries(nodes) };
    return CheckpointWithStateResponse.withState({ ...row, run_id: run.run_id, next }, state);
  }

  /** @throws CheckpointNotFoundError when the run has no such checkpoint */
  async find(run: PastRun, checkpointId: string): Promise<CheckpointRow> {
    const ref = parseCheckpointId(checkpointId);
    const [row] = ref?.runId === run.run_id ? await this.rows(run, 'step = ?', ref.step, 1) : [];
    if (!row) throw new CheckpointNotFoundError(checkpointId);
    return row;
  }

  private async after(run: PastRun, step: number, count: number): Promise<Checkpoint[]> {
    const rows = await this.rows(run, 'step > ?', step, count);
    const steps = rows.length > 0 ? await this.past.steps(run, rows.at(-1)!.step) : [];
    const recorded = new Map<string, RecordedStep>();
    const checkpoints: Checkpoint[] = [];
    let known = 0;
    for (const row of rows) {
      for (; known < steps.length && steps[known]!.seq <= row.step; known++) {
        recorded.set(steps[known]!.path, steps[known]!);
      }
      await takeTurns();
      checkpoints.push({ ...row, run_id: run.run_id, next: await this.past.next(run, recorded) });
    }
    return checkpoints;
  }

  private rows({ run_id: runId }: PastRun, which: string, step: number, count: number): Promise<CheckpointRow[]> {
    return this.em.execute<CheckpointRow[]>(
      `select * from (
         select step, node_id, created_at, lag(step) over (order by step) as parent
         from workflow_run_checkpoint where run_id = ?
       ) c where ${which} order by step limit ?`,
      [runId, step, count],
    );
  }
}

/** Whether a checkpoint stands after the step: its value is there to be seen, and to be changed in a fork. */
export function isOutsideOfLoops({ path, node_id: nodeId }: Pick<PastStep, 'path' | 'node_id'>): boolean {
  return path === nodeId;
}
