import { figures, type Verdict } from './judge.js';
import { seed } from './random.js';

/** Writes a line with the figures of a part; Jest's own console would add a stack to it. */
export function report(part: string, counts: Record<string, number>, verdict?: Verdict): void {
  process.stdout.write(`${JSON.stringify({ part, seed, ...counts, ...(verdict && figures(verdict)) })}\n`);
}
