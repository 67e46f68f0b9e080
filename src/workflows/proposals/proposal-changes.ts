import { type JsonObject } from '../../common/json.js';
import { difference } from '../json-difference.js';
import { merge } from '../json-merge.js';
import { type JsonPatchOperation } from '../json-patch.dto.js';
import { sameJson } from '../same-json.js';
import { type WorkflowDraft } from '../workflow-draft.entity.js';
import { type ChangedNodes, changedNodes } from './changed-nodes.js';
import { type WorkflowProposal } from './workflow-proposal.entity.js';

/** What a proposal changes. */
export interface ProposalChanges {
  readonly draftRevision: number;
  /** From its base; null: that is no longer kept. */
  readonly patch: JsonPatchOperation[] | null;
  readonly nodes: ChangedNodes | null;
  /** From the draft to what it would be; null: the proposal cannot be accepted. */
  readonly draftPatch: JsonPatchOperation[] | null;
  readonly conflicts: readonly string[];
}

/** What a draft would be with a proposal in it. */
export interface Outcome {
  /** Undefined: the draft has changed in the same places. */
  readonly spec: JsonObject | undefined;
  readonly conflicts: readonly string[];
}

type Draft = Pick<WorkflowDraft, 'revision' | 'spec'>;
type Proposal = Pick<WorkflowProposal, 'baseRevision' | 'spec' | 'status'>;

/**
 * The draft with what the proposal changes in its base. Nothing is put over what others have changed meanwhile.
 * @param base the spec at its base revision; undefined when that is no longer kept
 */
export function outcomeOf({ baseRevision, spec }: Proposal, base: JsonObject | undefined, draft: Draft): Outcome {
  if (baseRevision === draft.revision) return { spec, conflicts: [] };
  if (!base) return { spec: undefined, conflicts: [''] };
  const { value, conflicts } = merge(base, draft.spec, spec);
  return { spec: conflicts.length === 0 ? (value as JsonObject) : undefined, conflicts };
}

/** Whether the proposal still has something to say: it goes together with the draft, and is not in it yet. */
export function isOpen(proposal: Proposal, base: JsonObject | undefined, draft: Draft): boolean {
  const { spec } = outcomeOf(proposal, base, draft);
  return spec !== undefined && !sameJson(spec, draft.spec);
}

/** The proposal beside its base and beside the draft, with what {@link outcomeOf} says of it. */
export function changesOf(
  proposal: Proposal,
  base: JsonObject | undefined,
  draft: Draft,
  outcome: Outcome,
): ProposalChanges {
  const next = proposal.status === 'pending' ? outcome : undefined;
  return {
    draftRevision: draft.revision,
    patch: base ? difference(base, proposal.spec) : null,
    nodes: base ? changedNodes(base, proposal.spec) : null,
    draftPatch: next?.spec ? difference(draft.spec, next.spec) : null,
    conflicts: next?.conflicts ?? [],
  };
}
