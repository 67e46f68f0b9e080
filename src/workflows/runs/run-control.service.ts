import { EntityManager, type SqlEntityManager } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';
import { Audit } from '../../common/audit/audit.js';
import { retryDeadlocks } from '../../common/database/deadlocks.js';
import { isJsonObject, type Json } from '../../common/json.js';
import { parsePublicId } from '../../common/public-id.js';
import { type Principal } from '../../users/index.js';
import { checkedAnswer } from '../approvals/approval-answer.js';
import { type Pause } from '../nodes/pause.js';
import { answerPause } from './engine/answer-pause.js';
import { cancelRuns } from './engine/cancel-runs.js';
import { RunBroadcasts } from './engine/run-broadcasts.js';
import { RunReader } from './run-reader.js';
import { type ResumeRunRequest, type RunResponse } from './run.dto.js';
import { RunNotFoundError, RunNotWaitingError, RunPlaceAmbiguousError } from './run.errors.js';

/** Pauses that a person can end; a child run ends by itself. */
const resumable: readonly Pause['type'][] = ['approval', 'timer', 'retry', 'reconnect'];

/** What owners can do to runs that are under way. */
@Injectable()
export class RunControl {
  constructor(
    private readonly em: EntityManager,
    private readonly reader: RunReader,
    private readonly broadcasts: RunBroadcasts,
    private readonly audit: Audit,
  ) {}

  /** Cancels a run with its children; one that is over stays as it is. @throws RunNotFoundError */
  async cancel(
    caller: Pick<Principal, 'userId'>,
    publicId: string,
    error = 'The run was cancelled.',
  ): Promise<RunResponse> {
    await this.cancelWhere(this.em, {
      where: 'run_id = ? and user_id = ?',
      values: [parsePublicId('run', publicId) ?? null, caller.userId],
      error,
    });
    return this.reader.get(caller, publicId);
  }

  /** Cancels all runs of a user who is being deleted, by their internal id. */
  async cancelAllOf(userId: string): Promise<void> {
    await this.cancelWhere(this.em.fork(), {
      where: `user_id = ? and status in ('QUEUED', 'RUNNING', 'WAITING')`,
      values: [userId],
      error: 'The user whose run it is was deleted.',
    });
  }

  /**
   * Ends a pause of a run: answers an approval, or goes on before a wait is over.
   * @throws RunNotFoundError, RunNotWaitingError, RunPlaceAmbiguousError, ApprovalAnswerInvalidError
   */
  async resume(caller: Principal, publicId: string, { value, node_id: place }: ResumeRunRequest): Promise<RunResponse> {
    const runId = parsePublicId('run', publicId);
    const [run] = await this.em.execute<[{ waiting_for: Record<string, Pause> | null; email: string }?]>(
      `select r.waiting_for, u.email from workflow_run r join "user" u on u.id = r.user_id
       where r.run_id = ? and r.user_id = ?`,
      [runId ?? null, caller.userId],
    );
    if (!runId || !run) throw new RunNotFoundError(publicId);
    const [path, pause] = onePlace(publicId, run.waiting_for ?? {}, place);
    const answer: Json = pause.type === 'approval' ? checkedAnswer(pause, value, '/value') : (value ?? null);
    await this.em.transactional(async (em) => {
      if (!(await answerPause(em, { runId, path, value: answer, by: run.email })))
        throw new RunNotWaitingError(publicId, place);
      if (pause.type !== 'approval') return;
      const details = { path, approved: isJsonObject(answer) ? (answer.approved ?? null) : null };
      await this.audit.record(em, { action: 'approval.answered', object: publicId, details });
    });
    this.broadcasts.tell('queued');
    return this.reader.get(caller, publicId);
  }

  /** Children that end at this moment lock their parents, and this locks children. */
  private async cancelWhere(em: SqlEntityManager, runs: Parameters<typeof cancelRuns>[1]): Promise<void> {
    this.broadcasts.cancelled(await retryDeadlocks(() => cancelRuns(em, runs)));
  }
}

/** The pause that is meant: named by node id or path, or the only one there is. */
function onePlace(
  run: string,
  waitingFor: Readonly<Record<string, Pause>>,
  place: string | undefined,
): [string, Pause] {
  const open = Object.entries(waitingFor).filter(([, { type }]) => resumable.includes(type));
  const exact = open.find(([path]) => path === place);
  if (exact) return exact;
  const meant = place === undefined ? open : open.filter(([, { node_id: nodeId }]) => nodeId === place);
  if (meant.length === 0) throw new RunNotWaitingError(run, place);
  if (meant.length > 1)
    throw new RunPlaceAmbiguousError(
      run,
      meant.map(([path]) => path),
    );
  return meant[0]!;
}
