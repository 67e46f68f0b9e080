import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';
import { Audit } from '../common/audit/audit.js';
import { CursorCodec } from '../common/http/paging/cursor.js';
import { type Page, type PageQuery } from '../common/http/paging/page.dto.js';
import { loadPage } from '../common/http/paging/page.js';
import { type JsonObject } from '../common/json.js';
import { newUuid } from '../common/public-id.js';
import { type Principal, User } from '../users/index.js';
import { DraftsService } from './drafts.service.js';
import { type WorkflowGraph, workflowGraph } from './graph/workflow-graph.js';
import { nodeCatalogue } from './nodes/catalogue.js';
import { WorkflowDraft } from './workflow-draft.entity.js';
import { type CreateWorkflowRequest, type UpdateWorkflowRequest, WorkflowResponse } from './workflow.dto.js';
import { Workflow } from './workflow.entity.js';
import { WorkflowRepository } from './workflow.repository.js';

/** Characters of a name. */
const MAX_NAME = 255;

const emptySpec: JsonObject = { version: '1', nodes: [] };

@Injectable()
export class WorkflowsService {
  constructor(
    private readonly em: EntityManager,
    private readonly workflows: WorkflowRepository,
    private readonly drafts: DraftsService,
    private readonly cursors: CursorCodec,
    private readonly audit: Audit,
  ) {}

  /**
   * @param uuid of its id, where somebody must know it before
   * @throws SpecInvalidProblem when the draft could not even be saved
   */
  async create(caller: Principal, request: CreateWorkflowRequest, uuid = newUuid()): Promise<WorkflowResponse> {
    const spec = request.spec ?? emptySpec;
    this.drafts.refuseUnsavable(spec, '/spec');
    const user = this.em.getReference(User, caller.userId);
    const workflow = new Workflow(user, request.name);
    workflow.workflowId = uuid;
    change(workflow, request);
    const draft = new WorkflowDraft(workflow, spec, user);
    this.drafts.remember(draft);
    await this.em.persist([workflow, draft]).flush();
    return WorkflowResponse.from(workflow, draft);
  }

  /** The name, or the next of "Name (2)", "Name (3)" … that no workflow of the caller has. */
  async freeName(caller: Principal, wanted: string): Promise<string> {
    const base = wanted.replace(/ \(\d{1,6}\)$/, '');
    const rows = await this.em.execute<{ name: string }[]>(
      'select name from workflow where user_id = ? and starts_with(name, ?)',
      // As far as a longer number leaves it as it is.
      [caller.userId, base.slice(0, MAX_NAME - 10)],
    );
    const taken = new Set(rows.map(({ name }) => name));
    let name = wanted;
    for (let number = 2; taken.has(name); number++) {
      const suffix = ` (${number})`;
      name = base.slice(0, MAX_NAME - suffix.length) + suffix;
    }
    return name;
  }

  list(caller: Principal, query: PageQuery): Promise<Page<WorkflowResponse>> {
    return loadPage(this.cursors, {
      query,
      scope: { owner: caller.userId, list: 'workflows' },
      load: (count, position) => this.page(caller, count, position && String(position[0])),
      positionOf: ({ workflow }) => [String(workflow.id)],
      toItem: ({ workflow, revision }) => WorkflowResponse.from(workflow, { revision }),
    });
  }

  /** @throws WorkflowNotFoundError */
  async get(caller: Principal, id: string): Promise<WorkflowResponse> {
    const workflow = await this.workflows.find(caller, id);
    return WorkflowResponse.from(workflow, await this.workflows.draftOf(workflow));
  }

  /** @throws WorkflowNotFoundError */
  async update(caller: Principal, id: string, request: UpdateWorkflowRequest): Promise<WorkflowResponse> {
    const workflow = await this.workflows.find(caller, id);
    change(workflow, request);
    await this.em.flush();
    return WorkflowResponse.from(workflow, await this.workflows.draftOf(workflow));
  }

  /**
   * Deletes the workflow and, by foreign keys, all that belongs to it. A run in progress stops at its next step.
   * @throws WorkflowNotFoundError
   */
  async delete(caller: Principal, id: string): Promise<void> {
    await this.em.transactional(async (em) => {
      const workflow = await this.workflows.lock(caller, id);
      await em.remove(workflow).flush();
      await this.audit.record(em, { action: 'workflow.deleted', object: id, details: { name: workflow.name } });
    });
  }

  /** Nodes and edges of the draft. @throws WorkflowNotFoundError */
  async graph(caller: Principal, id: string): Promise<WorkflowGraph> {
    const workflow = await this.workflows.find(caller, id);
    const draft = await this.workflows.draftOf(workflow);
    return workflowGraph(draft.spec, nodeCatalogue);
  }

  private async page(caller: Principal, count: number, after: string | undefined) {
    const workflows = await this.em.find(
      Workflow,
      { user: caller.userId, ...(after && { id: { $lt: after } }) },
      {
        orderBy: { id: 'desc' },
        limit: count,
        populate: ['publishedVersion'],
        exclude: ['publishedVersion.spec'] as never,
      },
    );
    // Drafts hold whole specs; a list needs their revision only.
    const drafts = await this.em.find(
      WorkflowDraft,
      { workflow: { $in: workflows } },
      { fields: ['workflow', 'revision'] as const },
    );
    const revisions = new Map(drafts.map((draft) => [draft.workflow.id, draft.revision]));
    return workflows.map((workflow) => ({ workflow, revision: revisions.get(workflow.id) ?? 1 }));
  }
}

function change(workflow: Workflow, { name, description, tags }: UpdateWorkflowRequest): void {
  if (name !== undefined) workflow.name = name;
  if (description !== undefined) workflow.description = description;
  if (tags !== undefined) workflow.tags = tags;
}
