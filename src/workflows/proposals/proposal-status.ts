/**
 * `pending`: somebody must decide. `accepted`: it is in the draft. `rejected`: it is not wanted. `superseded`: another one was
 * accepted, and this one does not go together with it.
 */
export type ProposalStatus = 'pending' | 'accepted' | 'rejected' | 'superseded';

export const proposalStatuses: ProposalStatus[] = ['pending', 'accepted', 'rejected', 'superseded'];

/** Every transition there is; each write of a status is a compare-and-set against this table. */
const transitions: Readonly<Record<ProposalStatus, readonly ProposalStatus[]>> = {
  pending: ['accepted', 'rejected', 'superseded'],
  accepted: [],
  rejected: [],
  superseded: [],
};

export function canBecome(from: ProposalStatus, to: ProposalStatus): boolean {
  return transitions[from].includes(to);
}
