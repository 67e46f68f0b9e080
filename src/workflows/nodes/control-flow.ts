import { type Json } from '../../common/json.js';
import { type Block } from '../spec/workflow-spec.js';
import { type Scope } from './execution.js';

/** The shapes that control flow can have; all functions are pure, since they run again when a run is replayed. */
export type ControlFlow = Branching | FanOut | Loop;

/** At most one of several blocks runs; the value is that block's value. */
export interface Branching {
  readonly kind: 'branch';
  readonly blocks: Readonly<Record<string, Block>>;
  /** The key of the block to run, or null for none (the value is then null). */
  choose(scope: Scope): string | null;
}

/** Blocks run side by side, each in a scope of its own. */
export interface FanOut {
  readonly kind: 'fan-out';
  readonly blocks: Readonly<Record<string, Block>>;
  /** How many lanes run at a time. */
  readonly concurrency: number;
  /** The lanes to run. */
  open(scope: Scope): Lane[];
  /** The value of one lane, seen from the end of its block; the block's value when left out. */
  laneValue?(scope: Scope): Json;
  /** The node's value, from those of the lanes in the order of `open`. */
  collect(values: Json[], lanes: Lane[]): Json;
}

export interface Lane {
  /** Which of the blocks. */
  readonly block: string;
  /** Loop index, part of the path of the nodes inside; undefined where the lanes differ by their nodes anyway. */
  readonly index?: number;
  /** Loop variables. */
  readonly binds: Scope;
}

/** A block runs again and again; the value is that of the last round. */
export interface Loop {
  readonly kind: 'loop';
  readonly body: Block;
  readonly maxIterations: number;
  /** Pause between two rounds, in milliseconds. */
  readonly delay: number;
  /** Whether the round that ended with this scope was the last. */
  until(scope: Scope): boolean;
}
