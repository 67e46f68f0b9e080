import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';
import { Audit } from '../common/audit/audit.js';
import { hashJson } from '../common/canonical-json.js';
import { CursorCodec } from '../common/http/paging/cursor.js';
import { type Page, type PageQuery } from '../common/http/paging/page.dto.js';
import { loadPage } from '../common/http/paging/page.js';
import { type JsonObject } from '../common/json.js';
import { makePublicId } from '../common/public-id.js';
import { type Principal, User } from '../users/index.js';
import { DraftsService } from './drafts.service.js';
import { difference } from './json-difference.js';
import { type PreflightReport } from './preflight/preflight.js';
import { Publications } from './publications.js';
import { DraftResponse } from './workflow-draft.dto.js';
import { SpecPreflight } from './spec-preflight.js';
import {
  type DiffResponse,
  type PublishResponse,
  VersionResponse,
  VersionWithSpecResponse,
} from './workflow-version.dto.js';
import { WorkflowVersion } from './workflow-version.entity.js';
import { WorkflowResponse } from './workflow.dto.js';
import { type Workflow } from './workflow.entity.js';
import { SpecInvalidProblem } from './workflow.errors.js';
import { WorkflowRepository } from './workflow.repository.js';

@Injectable()
export class VersionsService {
  constructor(
    private readonly em: EntityManager,
    private readonly workflows: WorkflowRepository,
    private readonly drafts: DraftsService,
    private readonly preflight: SpecPreflight,
    private readonly cursors: CursorCodec,
    private readonly publications: Publications,
    private readonly audit: Audit,
  ) {}

  /**
   * Freezes the draft into a version; the same spec is the same version.
   * @throws DraftRevisionStaleError, WorkflowNotFoundError
   */
  freeze(caller: Principal, id: string, baseRevision?: number): Promise<{ version: VersionResponse; isNew: boolean }> {
    return this.em.transactional(async () => {
      const workflow = await this.workflows.lock(caller, id);
      const { version, isNew } = await this.freezeLocked(caller, workflow, baseRevision);
      return { version: VersionResponse.from(version), isNew };
    });
  }

  /** The version itself, for a run of the draft. */
  freezeDraft(caller: Principal, id: string): Promise<WorkflowVersion> {
    return this.em.transactional(async () => {
      const workflow = await this.workflows.lock(caller, id);
      return (await this.freezeLocked(caller, workflow, undefined)).version;
    });
  }

  list(caller: Principal, id: string, query: PageQuery): Promise<Page<VersionResponse>> {
    return loadPage(this.cursors, {
      query,
      scope: { owner: caller.userId, list: `versions of ${id}` },
      load: async (count, position) => {
        const workflow = await this.workflows.find(caller, id);
        const before = position && { versionNumber: { $lt: Number(position[0]) } };
        const options = {
          orderBy: { versionNumber: 'desc' as const },
          limit: count,
          populate: ['createdBy', 'workflow'] as const,
        };
        return this.em.find(WorkflowVersion, { workflow, ...before }, { ...options, exclude: ['spec'] as const });
      },
      positionOf: (version) => [version.versionNumber],
      toItem: (version) => VersionResponse.from(version as unknown as WorkflowVersion),
    });
  }

  /** @throws WorkflowNotFoundError, VersionNotFoundError */
  async get(caller: Principal, id: string, number: number): Promise<VersionWithSpecResponse> {
    const workflow = await this.workflows.find(caller, id);
    return VersionWithSpecResponse.withSpec(await this.workflows.versionOf(workflow, id, number));
  }

  /** Freezes the draft and publishes it. @throws SpecInvalidProblem, DraftRevisionStaleError, WorkflowNotFoundError */
  publishDraft(caller: Principal, id: string, baseRevision?: number): Promise<PublishResponse> {
    return this.em.transactional(async () => {
      const workflow = await this.workflows.lock(caller, id);
      const draft = await this.workflows.draftOf(workflow);
      await this.drafts.refuseStale(draft, baseRevision);
      const report = await this.checked(caller, draft.spec);
      const { version } = await this.freezeLocked(caller, workflow, undefined);
      return this.publishLocked(workflow, version, report);
    });
  }

  /** @throws SpecInvalidProblem, VersionNotFoundError, WorkflowNotFoundError */
  publish(caller: Principal, id: string, number: number): Promise<PublishResponse> {
    return this.em.transactional(async () => {
      const workflow = await this.workflows.lock(caller, id);
      const version = await this.workflows.versionOf(workflow, id, number);
      return this.publishLocked(workflow, version, await this.checked(caller, version.spec));
    });
  }

  /** Nothing is published any more; a second time changes nothing. @throws WorkflowNotFoundError */
  unpublish(caller: Principal, id: string): Promise<WorkflowResponse> {
    return this.em.transactional(async () => {
      const workflow = await this.workflows.lock(caller, id);
      const before = workflow.publishedVersion;
      await this.archivePublished(workflow);
      workflow.publishedVersion = null;
      await this.em.flush();
      if (before) await this.record(workflow, 'unpublished', { version_number: before.versionNumber });
      await this.publications.tell(this.em, { workflowId: workflow.id, isPublished: false });
      return WorkflowResponse.from(workflow, await this.workflows.draftOf(workflow));
    });
  }

  /** Makes the spec of a version the draft again, as its next revision. @throws VersionNotFoundError, DraftRevisionStaleError */
  restore(caller: Principal, id: string, number: number, baseRevision?: number): Promise<DraftResponse> {
    return this.em.transactional(async () => {
      const workflow = await this.workflows.lock(caller, id);
      const version = await this.workflows.versionOf(workflow, id, number);
      const draft = await this.workflows.draftOf(workflow);
      await this.drafts.refuseStale(draft, baseRevision);
      await this.drafts.replace(draft, version.spec, caller);
      await this.record(workflow, 'version-restored', { version_number: number, revision: draft.revision });
      return DraftResponse.from(draft);
    });
  }

  /** @throws VersionNotFoundError, WorkflowNotFoundError */
  async diff(caller: Principal, id: string, from: number, to: number): Promise<DiffResponse> {
    const workflow = await this.workflows.find(caller, id);
    const one = await this.workflows.versionOf(workflow, id, from);
    const other = await this.workflows.versionOf(workflow, id, to);
    return { from, to, patch: difference(one.spec, other.spec) };
  }

  private async freezeLocked(caller: Principal, workflow: Workflow, baseRevision: number | undefined) {
    const draft = await this.workflows.draftOf(workflow);
    await this.drafts.refuseStale(draft, baseRevision);
    const specHash = hashJson(draft.spec);
    const known = await this.em.findOne(
      WorkflowVersion,
      { workflow, specHash },
      { populate: ['createdBy', 'workflow'] },
    );
    if (known) return { version: known, isNew: false };
    const newest = await this.em.findOne(
      WorkflowVersion,
      { workflow },
      { orderBy: { versionNumber: 'desc' }, fields: ['versionNumber'] },
    );
    const version = new WorkflowVersion(workflow, {
      versionNumber: (newest?.versionNumber ?? 0) + 1,
      spec: draft.spec,
      specHash,
      createdFromDraftRevision: draft.revision,
      createdBy: await this.em.findOneOrFail(User, caller.userId),
    });
    await this.em.persist(version).flush();
    return { version, isNew: true };
  }

  /** The one before goes first: at most one version is PUBLISHED at any moment, and the database insists on it. */
  private async publishLocked(
    workflow: Workflow,
    version: WorkflowVersion,
    report: PreflightReport,
  ): Promise<PublishResponse> {
    if (workflow.publishedVersion !== version) {
      await this.archivePublished(workflow);
      version.status = 'PUBLISHED';
      version.publishedAt = new Date();
      workflow.publishedVersion = version;
      await this.em.flush();
      await this.record(workflow, 'published', { version_number: version.versionNumber });
    }
    const found = await this.publications.tell(this.em, { workflowId: workflow.id, isPublished: true });
    return { version: VersionResponse.from(version), report: { ...report, warnings: [...report.warnings, ...found] } };
  }

  private record({ workflowId }: Workflow, what: string, details: JsonObject): Promise<void> {
    const object = makePublicId('workflow', workflowId);
    return this.audit.record(this.em, { action: `workflow.${what}`, object, details });
  }

  private async archivePublished(workflow: Workflow): Promise<void> {
    if (!workflow.publishedVersion) return;
    workflow.publishedVersion.status = 'ARCHIVED';
    await this.em.flush();
  }

  private async checked(caller: Principal, spec: WorkflowVersion['spec']): Promise<PreflightReport> {
    const report = await this.preflight.report(caller, spec);
    if (!report.ok) throw new SpecInvalidProblem('The workflow cannot be published: it has', report.errors);
    return report;
  }
}
