import { Failure } from './expression-error.js';
import { LIMITS } from './limits.js';

/**
 * Something that runs out: the work of an evaluation, or the room of its output.
 *
 * Work is counted where it can grow, not at every node: a comprehension pays for each round as many units as its body
 * has nodes, and a function pays for the items and characters that it touches. Straight-line code is bounded by the
 * size of the syntax tree and costs nothing. A unit is about 20 ns.
 */
export class Budget {
  constructor(
    private left: number,
    private readonly exhausted: string,
  ) {}

  /** @throws Failure `expression-too-costly`, from the moment it is used up */
  spend(units: number): void {
    this.left -= units;
    if (this.left < 0) throw new Failure('expression-too-costly', this.exhausted);
  }

  /** Pays for reading or copying `length` characters: sixteen for one unit. */
  spendText(length: number): void {
    if (length > 15) this.spend(length >>> 4);
  }
}

/** The work of one evaluation, in units. */
export function workBudget(): Budget {
  return new Budget(LIMITS.work, `The evaluation takes more than ${LIMITS.work} units of work`);
}

/** The room of one result, in bytes of JSON. */
export function outputBudget(): Budget {
  return new Budget(LIMITS.outputBytes, `The result is larger than ${LIMITS.outputBytes} bytes of JSON`);
}

/** Call before making a text of `length` characters. */
export function payForText(length: number, work: Budget): void {
  if (length > LIMITS.textLength) {
    throw new Failure('expression-too-costly', `The text would have more than ${LIMITS.textLength} characters`);
  }
  work.spendText(length);
}

/** Call before making a list of `length` items. */
export function payForList(length: number, work: Budget): void {
  limitList(length);
  work.spend(length);
}

/** Call while a list grows. */
export function limitList(length: number): void {
  if (length > LIMITS.listLength) {
    throw new Failure('expression-too-costly', `The list would have more than ${LIMITS.listLength} items`);
  }
}
