import { type Usage } from '../../nodes/execution.js';

/** Tokens that a step has used itself: what its parts used is theirs. */
export function tokensOf(usage: Usage | null | undefined): number {
  return usage && usage.rounds === undefined ? usage.total_tokens : 0;
}
