import { ApiProperty } from '@nestjs/swagger';
import { IsIn, IsInt, IsString, Length, Matches, Max, MaxLength, Min } from 'class-validator';
import { PageOf, PageQuery } from '../../common/http/paging/page.dto.js';
import { JsonObject as JsonObjectField } from '../../common/http/validation/json-field.js';
import { Optional } from '../../common/http/validation/optional.js';
import { type JsonObject } from '../../common/json.js';
import { makePublicId } from '../../common/public-id.js';
import { JsonPatchOperation } from '../json-patch.dto.js';
import { type PreflightReport } from '../preflight/preflight.js';
import { ReportResponse } from '../preflight/preflight.dto.js';
import { DraftResponse, MAX_NUMBER, UpdateDraftRequest } from '../workflow-draft.dto.js';
import { exampleSpec } from '../workflow.dto.js';
import { type ChangedNodes } from './changed-nodes.js';
import { type ProposalChanges } from './proposal-changes.js';
import { type ProposalStatus, proposalStatuses } from './proposal-status.js';
import { type WorkflowProposal } from './workflow-proposal.entity.js';

/** A change of the draft, for somebody to decide about: the whole new `spec`, or a `patch`. */
export class CreateProposalRequest extends UpdateDraftRequest {
  /** What it changes and why, for whoever decides. @example Asks for the weather of tomorrow too */
  @IsString()
  @Length(1, 1_000)
  @Matches(/\S/, { message: 'summary must not be blank' })
  summary: string;

  /** The revision of the draft that it is made of, if that is not the current one. @example 1 */
  @Optional()
  @IsInt()
  @Min(1)
  @Max(MAX_NUMBER)
  declare base_revision?: number;
}

export class ProposalQuery extends PageQuery {
  /** Only those with this status. @example pending */
  @Optional()
  @IsIn(proposalStatuses)
  @ApiProperty({ required: false, enum: proposalStatuses })
  status?: ProposalStatus;
}

export class AcceptProposalRequest {
  /**
   * The revision of the draft that you have looked at, if it is not the one that the proposal is based on: what the proposal
   * changes is put into the draft as it is there. @example 3
   */
  @Optional()
  @IsInt()
  @Min(1)
  @Max(MAX_NUMBER)
  base_revision?: number;
}

export class RejectProposalRequest {
  /** Why, for whoever proposed it. @example The customer must not see this */
  @Optional()
  @IsString()
  @MaxLength(1_000)
  reason?: string;
}

export class ProposalResponse {
  /** @example prop_0190b6a0-7e2c-7d3a-9f10-3b6f2f0c1a2b */
  proposal_id: string;
  /** @example wf_0190b6a0-7e2c-7d3a-9f10-3b6f2f0c1a2b */
  workflow_id: string;
  summary: string;
  /**
   * `pending`: somebody must decide. `accepted`: it is in the draft. `rejected`: it is not wanted. `superseded`: another one
   * was accepted, and this one does not go together with it.
   */
  @ApiProperty({ enum: proposalStatuses })
  status: ProposalStatus;
  /** Why it was rejected. @example null */
  reason: string | null;
  /** Revision of the draft that it is made of. @example 1 */
  base_revision: number;
  /** `user_id` of who made it. */
  created_by: string;
  created_at: Date;
  /** Null while it is pending. */
  decided_at: Date | null;

  static from(proposal: WorkflowProposal): ProposalResponse {
    return Object.assign(new ProposalResponse(), fieldsOf(proposal));
  }
}

export class ChangedNodesResponse implements ChangedNodes {
  /** Ids of nodes. @example ["tomorrow"] */
  added: string[];
  changed: string[];
  removed: string[];
}

/** A proposal with its difference, computed now. */
export class ProposalWithDifferenceResponse extends ProposalResponse {
  /** What the spec would be, if nobody had changed the draft since. */
  @JsonObjectField({ example: exampleSpec })
  spec: JsonObject;
  /** JSON Patch (RFC 6902) that makes `spec` of the draft at `base_revision`; null: that revision is no longer kept. */
  @ApiProperty({ type: [JsonPatchOperation], nullable: true })
  patch: JsonPatchOperation[] | null;
  /** Nodes that differ between the draft at `base_revision` and `spec`; null: that revision is no longer kept. */
  @ApiProperty({ type: ChangedNodesResponse, nullable: true })
  changed_nodes: ChangedNodesResponse | null;
  /** Revision of the draft now. @example 2 */
  draft_revision: number;
  /** The draft has changed since `base_revision`: to accept it, say that you have seen `draft_revision`. */
  is_stale: boolean;
  /** What accepting it would change in the draft as it is now, as a JSON Patch; null: it cannot be accepted. */
  @ApiProperty({ type: [JsonPatchOperation], nullable: true })
  draft_patch: JsonPatchOperation[] | null;
  /** Pointers into the draft to what it and the proposal have changed, each in another way: why it cannot be accepted. */
  conflicts: string[];
  /** What the preflight finds in what the draft would be. Findings keep nobody from accepting it. */
  report: ReportResponse;

  static with(
    proposal: WorkflowProposal,
    changes: ProposalChanges,
    report: PreflightReport,
  ): ProposalWithDifferenceResponse {
    return Object.assign(new ProposalWithDifferenceResponse(), {
      ...fieldsOf(proposal),
      spec: proposal.spec,
      patch: changes.patch,
      changed_nodes: changes.nodes,
      draft_revision: changes.draftRevision,
      is_stale: changes.draftRevision !== proposal.baseRevision,
      draft_patch: changes.draftPatch,
      conflicts: [...changes.conflicts],
      report,
    } satisfies ProposalWithDifferenceResponse);
  }
}

export class ProposalPage extends PageOf(ProposalResponse) {}

export class AcceptProposalResponse {
  proposal: ProposalResponse;
  /** As it is now. */
  draft: DraftResponse;
  /** Ids of other proposals that no longer go together with the draft. @example [] */
  superseded: string[];
}

function fieldsOf(proposal: WorkflowProposal): ProposalResponse {
  return {
    proposal_id: makePublicId('proposal', proposal.proposalId),
    workflow_id: makePublicId('workflow', proposal.workflow.workflowId),
    summary: proposal.summary,
    status: proposal.status,
    reason: proposal.reason,
    base_revision: proposal.baseRevision,
    created_by: proposal.createdBy.userId,
    created_at: proposal.createdAt,
    decided_at: proposal.decidedAt,
  };
}
