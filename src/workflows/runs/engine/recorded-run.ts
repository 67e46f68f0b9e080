import { type RecordedStep } from '../../compiler/run-context.js';
import { type Pause, type PauseAnswer } from '../../nodes/pause.js';

/** What earlier executions of a run, and others from outside, have left for the next one. */
export interface RecordedRun {
  /** Steps that came to their end, by path. */
  readonly outputs: Map<string, RecordedStep>;
  /** Attempts so far, by path. */
  readonly attempts: Map<string, number>;
  /** Failed ones among them. */
  readonly failures: Map<string, number>;
  /** Steps so far. */
  readonly seq: number;
  /** Bytes of all their outputs. */
  readonly bytes: number;
  /** Tokens that its steps have used. */
  readonly tokens: number;
  /** What it waited for, by path. */
  readonly pauses: ReadonlyMap<string, Pause>;
  /** What was answered, by path. */
  readonly answers: ReadonlyMap<string, PauseAnswer>;
  /** How many answers there were. */
  readonly answered: number;
  /** When the run was claimed, by the clock of the database: pauses until then are over. */
  readonly claimedAt: number;
}

/** Of a run that begins. */
export function nothingRecorded(): RecordedRun {
  return {
    outputs: new Map(),
    attempts: new Map(),
    failures: new Map(),
    seq: 0,
    bytes: 0,
    tokens: 0,
    pauses: new Map(),
    answers: new Map(),
    answered: 0,
    claimedAt: 0,
  };
}
