import { RE2JS, RE2JSException } from 're2js';
import { byLength, LruCache } from '../../../common/lru-cache.js';
import type { Budget } from '../budget.js';
import { fail } from '../expression-error.js';

/** The library may use 8 MB for the automaton of one pattern; building that takes 100 ms, and there are many patterns. */
const AUTOMATON_BYTES = 262_144;

const patterns = new LruCache<string, RE2JS>(4_000, byLength);

/**
 * Whether the pattern is found in the text. RE2 takes time proportional to the text, whatever the pattern; with the
 * backtracking engine of JavaScript, `(a+)+$` on thirty characters would hold the process for seconds.
 */
export function matchesPattern(text: string, pattern: string, work: Budget): boolean {
  const regex = patterns.getOrMake(pattern, () => compile(pattern, work));
  const instructions = regex.re2().numberOfInstructions();
  // At worst, every instruction looks at every character: measured, about 50 ns each.
  work.spend(Math.ceil((text.length * instructions) / 2) + 10);
  return regex.test(text);
}

function compile(pattern: string, work: Budget): RE2JS {
  // Measured: at worst 13 µs for an instruction. So a pattern can have some thousands of them.
  work.spend(5_000 + pattern.length * 20);
  work.spend(expandedSize(pattern) * 200);
  try {
    const regex = RE2JS.compile(pattern);
    Object.assign(regex.re2().dfa, { memBudget: AUTOMATON_BYTES, stateBudget: AUTOMATON_BYTES });
    return regex;
  } catch (error) {
    // The library's message quotes the pattern, which may hold a secret.
    if (error instanceof RE2JSException) return fail('The pattern is not a regular expression of RE2');
    throw error;
  }
}

// Every alternative takes what it finds without a second thought: this is a backtracking engine, at work on a user's text.
const TOKEN = /\\.|\[(?:\\.|[^\]\\])*\]?|\{(\d{1,4})(?:,(\d{0,4}))?\}|./gsu;

/** How many instructions a pattern compiles to, from above: a counted repetition `{n}` copies what it repeats. */
function expandedSize(pattern: string): number {
  if (pattern.includes('\\Q')) return fail('Quoting by \\Q is not supported in patterns');
  const outer: number[] = [];
  let size = 0;
  let last = 0;
  for (const [token, from, to] of pattern.matchAll(TOKEN)) {
    if (token === '(') {
      outer.push(size);
      size = 0;
    } else if (token === ')') {
      last = size + 2;
      size = last + (outer.pop() ?? 0);
    } else if (from !== undefined) {
      size += last * Math.max(Number(from), Number(to ?? 0));
      last *= Math.max(Number(from), Number(to ?? 0), 1);
    } else {
      last = 2;
      size += last;
    }
  }
  return outer.reduce((sum, open) => sum + open, size);
}
