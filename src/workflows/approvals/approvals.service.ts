import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';
import { Audit } from '../../common/audit/audit.js';
import { formValues } from '../../common/html/schema-form.js';
import { type JsonObject } from '../../common/json.js';
import { makePublicId } from '../../common/public-id.js';
import { type Pause } from '../nodes/pause.js';
import { answerPause } from '../runs/engine/answer-pause.js';
import { RunBroadcasts } from '../runs/engine/run-broadcasts.js';
import { checkedAnswer } from './approval-answer.js';
import { formSchemaOf } from './approval-form.js';
import { ApprovalClosedError, ApprovalNotFoundError } from './approval.errors.js';
import { ApprovalLinks } from './approval-links.js';
import { formNames } from './approval-page.js';

interface RunRow {
  /** uuid of the user's public id. */
  owner: string;
  waiting_for: Record<string, Pause> | null;
  answers: { path: string }[] | null;
  is_over: boolean;
}

interface OpenApproval {
  readonly owner: string;
  readonly runId: string;
  readonly path: string;
  readonly pause: Pause;
}

export interface ApprovalAnswer {
  readonly approved?: boolean;
  readonly form?: JsonObject;
}

/** Approvals as visitors with a link see them. */
@Injectable()
export class ApprovalsService {
  constructor(
    private readonly em: EntityManager,
    private readonly links: ApprovalLinks,
    private readonly broadcasts: RunBroadcasts,
    private readonly audit: Audit,
  ) {}

  /** @throws ApprovalNotFoundError, ApprovalClosedError */
  async find(token: string): Promise<Pause> {
    return (await this.open(token)).pause;
  }

  /** @throws ApprovalNotFoundError, ApprovalClosedError, ApprovalAnswerInvalidError */
  async answer(token: string, value: ApprovalAnswer, by?: string): Promise<void> {
    const { owner, runId, path, pause } = await this.open(token);
    const answer = checkedAnswer(pause, { ...value }, '');
    await this.em.transactional(async (em) => {
      if (!(await answerPause(em, { runId, path, value: answer, by: by?.trim() || null })))
        throw new ApprovalClosedError();
      const object = makePublicId('run', runId);
      const details = { path, approved: value.approved ?? null };
      await this.audit.record(em, { action: 'approval.answered', object, owner, details });
    });
    this.broadcasts.tell('queued');
  }

  /** What a form of the approval's page says. */
  answerOf(pause: Pause, sent: URLSearchParams): ApprovalAnswer & { by?: string } {
    const schema = formSchemaOf(pause);
    const approved = sent.get(formNames.approved);
    return {
      // Anything else is no answer.
      ...((approved === 'true' || approved === 'false') && { approved: approved === 'true' }),
      ...(schema && { form: formValues(schema, sent) }),
      by: sent.get(formNames.by)?.slice(0, 255),
    };
  }

  private async open(token: string): Promise<OpenApproval> {
    const runId = this.links.runOf(token);
    const [run] = runId
      ? await this.em.execute<[RunRow?]>(
          `select u.public_id as owner, r.waiting_for, r.answers, r.status in ('COMPLETED', 'FAILED', 'CANCELLED') as is_over
           from workflow_run r join "user" u on u.id = r.user_id where r.run_id = ?`,
          [runId],
        )
      : [];
    if (!runId || !run) throw new ApprovalNotFoundError();
    for (const [path, pause] of Object.entries(run.waiting_for ?? {})) {
      if (pause.type !== 'approval' || !this.links.isFor(token, runId, path)) continue;
      if (pause.until !== undefined && Date.parse(pause.until) <= Date.now()) throw new ApprovalClosedError();
      return { owner: run.owner, runId, path, pause };
    }
    const wasFor = (run.answers ?? []).some(({ path }) => this.links.isFor(token, runId, path));
    // Of a run that is over it is not known any more what it has waited for.
    throw wasFor || run.is_over ? new ApprovalClosedError() : new ApprovalNotFoundError();
  }
}
