import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';
import { hashJson } from '../common/canonical-json.js';
import { type JsonObject } from '../common/json.js';
import { type Principal, User } from '../users/index.js';
import { difference } from './json-difference.js';
import { patched } from './json-patch.js';
import { nodeCatalogue } from './nodes/catalogue.js';
import { type PreflightReport, shapeErrors } from './preflight/preflight.js';
import { type FindingCode } from './spec/findings.js';
import { limits } from './spec/limits.js';
import { WorkflowDraftRevision } from './workflow-draft-revision.entity.js';
import { DraftResponse, type UpdateDraftRequest } from './workflow-draft.dto.js';
import { type WorkflowDraft } from './workflow-draft.entity.js';
import { SpecPreflight } from './spec-preflight.js';
import { type Workflow } from './workflow.entity.js';
import {
  BaseRevisionMissingError,
  DraftChangeAmbiguousError,
  DraftRevisionStaleError,
  SpecInvalidProblem,
} from './workflow.errors.js';
import { WorkflowRepository } from './workflow.repository.js';

/** Earlier revisions that are kept, to tell an editor what changed since. */
const KEPT_REVISIONS = 100;

/** All but the newest ones, and those that somebody must still decide about proposals for. */
const forgetOldRevisions = `
  delete from workflow_draft_revision r
   where r.workflow_id = ? and r.revision <= ?
     and not exists (select from workflow_proposal p
                      where p.workflow_id = r.workflow_id and p.base_revision = r.revision and p.status = 'pending')`;

/** A draft may be incomplete, but what is there must have the right shape. */
const unsavable: ReadonlySet<FindingCode> = new Set([
  'spec-not-object',
  'spec-too-large',
  'spec-too-deep',
  'too-many-nodes',
  'nesting-too-deep',
  'unknown-field',
  'wrong-type',
  'not-allowed',
  'out-of-range',
  'schema-invalid',
]);

@Injectable()
export class DraftsService {
  constructor(
    private readonly em: EntityManager,
    private readonly workflows: WorkflowRepository,
    private readonly preflight: SpecPreflight,
  ) {}

  /** @throws WorkflowNotFoundError */
  async get(caller: Principal, id: string): Promise<DraftResponse> {
    const workflow = await this.workflows.find(caller, id);
    return DraftResponse.from(await this.workflows.draftOf(workflow));
  }

  /**
   * Changes the draft if nobody else has since `base_revision`.
   * @throws DraftRevisionStaleError with the current revision and what changed
   * @throws SpecInvalidProblem, PatchInvalidError, BaseRevisionMissingError, WorkflowNotFoundError
   */
  async update(caller: Principal, id: string, request: UpdateDraftRequest, ifMatch?: number): Promise<DraftResponse> {
    const base = request.base_revision ?? ifMatch;
    if (base === undefined) throw new BaseRevisionMissingError();
    if ((request.spec === undefined) === (request.patch === undefined)) throw new DraftChangeAmbiguousError();
    return this.em.transactional(async () => {
      const workflow = await this.workflows.lock(caller, id);
      const draft = await this.workflows.draftOf(workflow);
      await this.refuseStale(draft, base);
      await this.replace(
        draft,
        request.spec ?? patched(draft.spec, request.patch!),
        caller,
        request.spec ? '/spec' : '',
      );
      return DraftResponse.from(draft);
    });
  }

  /** @throws WorkflowNotFoundError */
  async validate(caller: Principal, id: string): Promise<PreflightReport> {
    const workflow = await this.workflows.find(caller, id);
    return this.preflight.report(caller, (await this.workflows.draftOf(workflow)).spec);
  }

  /** Makes `spec` the draft, as its next revision; the same spec again is no change. Inside a transaction that holds the workflow. */
  async replace(draft: WorkflowDraft, spec: JsonObject, caller: Principal, at = ''): Promise<void> {
    this.refuseUnsavable(spec, at);
    if (hashJson(spec) === hashJson(draft.spec)) return;
    draft.spec = spec;
    draft.revision += 1;
    draft.updatedBy = this.em.getReference(User, caller.userId);
    draft.updatedAt = new Date();
    this.remember(draft);
    await this.em.execute(forgetOldRevisions, [draft.workflow.id, draft.revision - KEPT_REVISIONS]);
  }

  /** @throws DraftRevisionStaleError */
  async refuseStale(draft: WorkflowDraft, base: number | undefined): Promise<void> {
    if (base === undefined || base === draft.revision) return;
    const read = await this.specAt(draft, base);
    throw new DraftRevisionStaleError(base, draft.revision, read ? difference(read, draft.spec) : null);
  }

  /** What the draft was at a revision; undefined: it never was at it, or that is no longer kept. */
  async specAt({ workflow, revision, spec }: WorkflowDraft, wanted: number): Promise<JsonObject | undefined> {
    if (wanted === revision) return spec;
    return (await this.em.findOne(WorkflowDraftRevision, { workflow, revision: wanted }))?.spec;
  }

  /** @throws SpecInvalidProblem */
  refuseUnsavable(spec: JsonObject, at: string): void {
    const wrong = shapeErrors(spec, nodeCatalogue).filter(({ code }) => unsavable.has(code));
    if (wrong.length > 0) throw new SpecInvalidProblem('The draft has', wrong.slice(0, limits.findings), at);
  }

  /** Keeps the draft as it is now among its revisions. */
  remember(draft: WorkflowDraft): void {
    this.em.persist(new WorkflowDraftRevision(draft.workflow as Workflow, draft.revision, draft.spec));
  }
}
