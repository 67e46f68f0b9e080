import { EntityManager, LockMode } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';
import { makePublicId, parsePublicId } from '../common/public-id.js';
import { type Principal } from '../users/index.js';
import { WorkflowDraft } from './workflow-draft.entity.js';
import { WorkflowVersion } from './workflow-version.entity.js';
import { Workflow } from './workflow.entity.js';
import { VersionNotFoundError, WorkflowNotFoundError } from './workflow.errors.js';

/** Finds workflows and what belongs to them, always for their owner: a foreign id is an unknown id. */
@Injectable()
export class WorkflowRepository {
  constructor(private readonly em: EntityManager) {}

  /** @throws WorkflowNotFoundError */
  async find(caller: Principal, publicId: string): Promise<Workflow> {
    const workflowId = parsePublicId('workflow', publicId);
    const workflow = workflowId
      ? await this.em.findOne(Workflow, { workflowId, user: caller.userId }, { populate: ['publishedVersion'] })
      : null;
    if (!workflow) throw new WorkflowNotFoundError(publicId);
    return workflow;
  }

  /**
   * Finds the workflow and locks its row until the transaction ends: changes of one workflow happen one after the other.
   * @throws WorkflowNotFoundError
   */
  async lock(caller: Principal, publicId: string): Promise<Workflow> {
    const workflow = await this.find(caller, publicId);
    await this.em.lock(workflow, LockMode.PESSIMISTIC_WRITE);
    // What was read before the lock may be old by now, or gone.
    if (!(await this.em.refresh(workflow, { populate: ['publishedVersion'] })))
      throw new WorkflowNotFoundError(publicId);
    return workflow;
  }

  /** @throws WorkflowNotFoundError when the workflow was deleted since it was found */
  async draftOf(workflow: Workflow): Promise<WorkflowDraft> {
    const draft = await this.em.findOne(WorkflowDraft, { workflow }, { populate: ['workflow'] });
    if (!draft) throw new WorkflowNotFoundError(makePublicId('workflow', workflow.workflowId));
    return draft;
  }

  /** @throws VersionNotFoundError */
  async versionOf(workflow: Workflow, publicId: string, versionNumber: number): Promise<WorkflowVersion> {
    const version = await this.em.findOne(
      WorkflowVersion,
      { workflow, versionNumber },
      { populate: ['createdBy', 'workflow'] },
    );
    if (!version) throw new VersionNotFoundError(publicId, versionNumber);
    return version;
  }
}
