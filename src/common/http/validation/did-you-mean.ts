/**
 * The name among `candidates` that a slip of the pen most likely meant: another spelling of the same words
 * (`workflowId` for `workflow_id`), or at most two edits away, and no more than a third of its length.
 */
export function didYouMean(given: string, candidates: Iterable<string>): string | undefined {
  let best: string | undefined;
  let bestDistance = 3;
  for (const candidate of candidates) {
    const distance = letters(candidate) === letters(given) ? 0 : editDistance(given, candidate);
    if (distance < bestDistance && distance <= candidate.length / 3) [best, bestDistance] = [candidate, distance];
  }
  return best;
}

function letters(name: string): string {
  return name.replaceAll(/[^a-z0-9]/gi, '').toLowerCase();
}

/** Levenshtein's distance, row by row; names whose lengths differ by more than two are too far apart to measure. */
function editDistance(left: string, right: string): number {
  if (Math.abs(left.length - right.length) > 2) return Infinity;
  let row = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let i = 1; i <= left.length; i++) {
    const above = row;
    row = [i];
    for (let j = 1; j <= right.length; j++) {
      const substitution = above[j - 1]! + (left[i - 1] === right[j - 1] ? 0 : 1);
      row.push(Math.min(above[j]! + 1, row[j - 1]! + 1, substitution));
    }
  }
  return row[right.length]!;
}
