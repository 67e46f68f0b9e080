import { limitList, type Budget } from './budget.js';
import { Failure, fail } from './expression-error.js';
import { attempt, type Frame, type Run } from './frame.js';
import type { Node, NodeOf } from './syntax.js';
import { isMap, kindOf } from './values.js';

/** The parts of a comprehension, and its loop. */
interface Loop {
  readonly node: NodeOf<'comprehension'>;
  readonly condition: Run;
  readonly value: Run;
  /** What one round costs. */
  readonly cost: number;
}

type RunLoop = (items: readonly unknown[], loop: Loop, frame: Frame) => unknown;

const loops: Readonly<Record<NodeOf<'comprehension'>['kind'], RunLoop>> = {
  map: collect,
  filter: collect,
  all: (items, loop, frame) => decide(items, loop, frame, false),
  exists: (items, loop, frame) => decide(items, loop, frame, true),
  exists_one: (items, loop, frame) => collect(items, loop, frame).length === 1,
};

/** @param compile compiles the parts */
export function compileComprehension(node: NodeOf<'comprehension'>, compile: (part: Node) => Run): Run {
  const range = compile(node.range);
  const condition = node.condition ? compile(node.condition) : () => true;
  const value = node.value ? compile(node.value) : (frame: Frame) => frame.locals[node.slot];
  const cost = node.size - node.range.size;
  const run = loops[node.kind];
  const loop: Loop = { node, condition, value, cost };
  return (frame) => {
    const items = range(frame);
    frame.at = node;
    return run(itemsOf(items, frame.work), loop, frame);
  };
}

function itemsOf(range: unknown, work: Budget): readonly unknown[] {
  if (Array.isArray(range)) return range as unknown[];
  if (!isMap(range)) return fail(`Only a list or a map can be gone through, not ${kindOf(range)}`);
  const keys = Object.keys(range);
  work.spend(keys.length);
  return keys;
}

function collect(items: readonly unknown[], loop: Loop, frame: Frame): unknown[] {
  const { node, condition, value, cost } = loop;
  const collected: unknown[] = [];
  for (const item of items) {
    frame.work.spend(cost);
    frame.locals[node.slot] = item;
    if (!asBool(condition(frame), node, frame)) continue;
    limitList(collected.push(value(frame)));
  }
  return collected;
}

/** Stops at the first item whose condition is `decisive`; a failure counts only if there is no such item. */
function decide(items: readonly unknown[], loop: Loop, frame: Frame, decisive: boolean): boolean {
  const { node, condition, cost } = loop;
  const check: Run = () => asBool(condition(frame), node, frame);
  let failure: Failure | undefined;
  for (const item of items) {
    frame.work.spend(cost);
    frame.locals[node.slot] = item;
    const outcome = attempt(check, frame);
    if (outcome === decisive) return decisive;
    if (outcome instanceof Failure) failure ??= outcome;
  }
  if (failure) throw failure;
  return !decisive;
}

function asBool(value: unknown, node: NodeOf<'comprehension'>, frame: Frame): boolean {
  if (typeof value === 'boolean') return value;
  frame.at = node.condition;
  return fail(`The condition of ${node.kind} must be bool, not ${kindOf(value)}`);
}
