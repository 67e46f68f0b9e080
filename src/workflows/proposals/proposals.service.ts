import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';
import { CursorCodec } from '../../common/http/paging/cursor.js';
import { type Page } from '../../common/http/paging/page.dto.js';
import { loadPage } from '../../common/http/paging/page.js';
import { makePublicId, parsePublicId } from '../../common/public-id.js';
import { type Principal, ScopeMissingError, User } from '../../users/index.js';
import { DraftsService } from '../drafts.service.js';
import { patched } from '../json-patch.js';
import { sameJson } from '../same-json.js';
import { limits } from '../spec/limits.js';
import { SpecPreflight } from '../spec-preflight.js';
import { DraftResponse } from '../workflow-draft.dto.js';
import { type WorkflowDraft } from '../workflow-draft.entity.js';
import { DraftChangeAmbiguousError, DraftRevisionStaleError } from '../workflow.errors.js';
import { WorkflowRepository } from '../workflow.repository.js';
import { changesOf, isOpen, outcomeOf } from './proposal-changes.js';
import { canBecome, type ProposalStatus } from './proposal-status.js';
import {
  type AcceptProposalResponse,
  type CreateProposalRequest,
  type ProposalQuery,
  ProposalResponse,
  ProposalWithDifferenceResponse,
} from './proposal.dto.js';
import {
  ProposalConflictError,
  ProposalDecidedError,
  ProposalEmptyError,
  ProposalLimitReachedError,
  ProposalNotFoundError,
} from './proposal.errors.js';
import { WorkflowProposal } from './workflow-proposal.entity.js';

const populate = ['workflow', 'createdBy'] as const;

/** Suggested changes of drafts, and what is decided about them. */
@Injectable()
export class ProposalsService {
  constructor(
    private readonly em: EntityManager,
    private readonly workflows: WorkflowRepository,
    private readonly drafts: DraftsService,
    private readonly preflight: SpecPreflight,
    private readonly cursors: CursorCodec,
  ) {}

  /**
   * With its difference for those who may read the draft; others cannot propose a patch.
   * @throws ScopeMissingError, WorkflowNotFoundError, DraftRevisionStaleError for a base that is not kept, SpecInvalidProblem, PatchInvalidError,
   * ProposalEmptyError, ProposalLimitReachedError
   */
  async create(
    caller: Principal,
    id: string,
    request: CreateProposalRequest,
  ): Promise<ProposalWithDifferenceResponse | ProposalResponse> {
    if ((request.spec === undefined) === (request.patch === undefined)) throw new DraftChangeAmbiguousError();
    const mayRead = caller.scopes.has('workflows:read');
    // What a patch copies, and what is wrong with it then, would tell what is in the draft.
    if (request.patch && !mayRead) throw new ScopeMissingError('workflows:read');
    return this.em.transactional(async () => {
      const workflow = await this.workflows.lock(caller, id);
      const draft = await this.workflows.draftOf(workflow);
      const baseRevision = request.base_revision ?? draft.revision;
      const base = await this.drafts.specAt(draft, baseRevision);
      if (!base) throw new DraftRevisionStaleError(baseRevision, draft.revision, null);
      const spec = request.spec ?? patched(base, request.patch!);
      this.drafts.refuseUnsavable(spec, request.spec ? '/spec' : '');
      if (sameJson(spec, base)) throw new ProposalEmptyError(baseRevision);
      const pending = await this.em.count(WorkflowProposal, { workflow, status: 'pending' });
      if (pending >= limits.pendingProposals) throw new ProposalLimitReachedError(id, limits.pendingProposals);
      const createdBy = await this.em.findOneOrFail(User, caller.userId);
      const proposal = new WorkflowProposal(workflow, { summary: request.summary, spec, baseRevision, createdBy });
      await this.em.persist(proposal).flush();
      if (!mayRead) return ProposalResponse.from(proposal);
      return this.withDifference(caller, proposal, draft);
    });
  }

  /** Newest first, without specs. @throws WorkflowNotFoundError, CursorInvalidError */
  list(caller: Principal, id: string, query: ProposalQuery): Promise<Page<ProposalResponse>> {
    const { status } = query;
    return loadPage(this.cursors, {
      query,
      scope: { owner: caller.userId, list: `proposals of ${id}`, filter: { status } },
      load: async (count, position) => {
        const workflow = await this.workflows.find(caller, id);
        const before = position && { proposalId: { $lt: String(position[0]) } };
        return this.em.find(
          WorkflowProposal,
          { workflow, ...(status && { status }), ...before },
          { orderBy: { proposalId: 'desc' as const }, limit: count, populate, exclude: ['spec'] as const },
        );
      },
      positionOf: ({ proposalId }) => [proposalId],
      toItem: (proposal) => ProposalResponse.from(proposal as unknown as WorkflowProposal),
    });
  }

  /** @throws ProposalNotFoundError */
  async get(caller: Principal, id: string): Promise<ProposalWithDifferenceResponse> {
    const proposal = await this.find(caller, id);
    return this.withDifference(caller, proposal, await this.workflows.draftOf(proposal.workflow));
  }

  /**
   * Puts what is proposed into the draft, as its next revision, if nobody has changed that since the revision that the
   * proposal is made of, or since `seen`.
   * @throws ProposalNotFoundError, ProposalDecidedError, DraftRevisionStaleError, ProposalConflictError, SpecInvalidProblem
   */
  async accept(caller: Principal, id: string, seen?: number): Promise<AcceptProposalResponse> {
    return this.em.transactional(async () => {
      const proposal = await this.find(caller, id);
      await this.workflows.lock(caller, makePublicId('workflow', proposal.workflow.workflowId));
      await this.decide(proposal, 'accepted');
      const draft = await this.workflows.draftOf(proposal.workflow);
      await this.drafts.refuseStale(draft, seen ?? proposal.baseRevision);
      const { spec, conflicts } = outcomeOf(proposal, await this.drafts.specAt(draft, proposal.baseRevision), draft);
      if (!spec) throw new ProposalConflictError(id, conflicts);
      await this.drafts.replace(draft, spec, caller);
      const superseded = await this.supersede(draft);
      return { proposal: ProposalResponse.from(proposal), draft: DraftResponse.from(draft), superseded };
    });
  }

  /** @throws ProposalNotFoundError, ProposalDecidedError */
  async reject(caller: Principal, id: string, reason: string | undefined): Promise<ProposalResponse> {
    const proposal = await this.find(caller, id);
    await this.decide(proposal, 'rejected', reason);
    return ProposalResponse.from(proposal);
  }

  /** @throws ProposalDecidedError when somebody else was faster */
  private async decide(proposal: WorkflowProposal, to: ProposalStatus, reason?: string): Promise<void> {
    const { id, proposalId, status: from } = proposal;
    const decision = { status: to, decidedAt: new Date(), ...(reason !== undefined && { reason }) };
    const isDone =
      canBecome(from, to) && (await this.em.nativeUpdate(WorkflowProposal, { id, status: from }, decision)) === 1;
    await this.em.refresh(proposal, { populate });
    if (!isDone) throw new ProposalDecidedError(makePublicId('proposal', proposalId), proposal.status);
  }

  /** Ends those that have nothing more to say about the draft. @returns their public ids */
  private async supersede(draft: WorkflowDraft): Promise<string[]> {
    const pending = await this.em.find(WorkflowProposal, { workflow: draft.workflow, status: 'pending' });
    const over: WorkflowProposal[] = [];
    for (const proposal of pending) {
      const base = await this.drafts.specAt(draft, proposal.baseRevision);
      if (!isOpen(proposal, base, draft) && canBecome(proposal.status, 'superseded')) over.push(proposal);
    }
    const which = { id: { $in: over.map(({ id }) => id) }, status: 'pending' as const };
    await this.em.nativeUpdate(WorkflowProposal, which, { status: 'superseded', decidedAt: new Date() });
    return over.map(({ proposalId }) => makePublicId('proposal', proposalId));
  }

  private async withDifference(
    caller: Principal,
    proposal: WorkflowProposal,
    draft: WorkflowDraft,
  ): Promise<ProposalWithDifferenceResponse> {
    const base = await this.drafts.specAt(draft, proposal.baseRevision);
    const outcome = outcomeOf(proposal, base, draft);
    const report = await this.preflight.report(caller, outcome.spec ?? proposal.spec);
    return ProposalWithDifferenceResponse.with(proposal, changesOf(proposal, base, draft, outcome), report);
  }

  private async find(caller: Principal, id: string): Promise<WorkflowProposal> {
    const proposalId = parsePublicId('proposal', id);
    const where = proposalId && { proposalId, workflow: { user: caller.userId } };
    const proposal = where && (await this.em.findOne(WorkflowProposal, where, { populate }));
    if (!proposal) throw new ProposalNotFoundError(id);
    return proposal;
  }
}
