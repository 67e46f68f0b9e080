import { type Variable, variable } from './config/variable.js';

/** Passages at which a test may have this process die or freeze. */
const points = [
  // Around each commit of a run: nothing of it is durable yet; or all of it is, and nobody knows.
  'before-birth',
  'after-birth',
  'before-step',
  'after-step',
  'before-pause',
  'after-pause',
  'before-end',
  'after-end',
  // Around each call of a tool.
  'before-effect',
  'after-effect',
  // Runs are claimed from the queue and not begun; runs of a dead process are queued and nobody was told; a child run
  // has begun and its parent does not wait for it yet.
  'after-claim',
  'after-sweep',
  'after-child',
  // An event has started its run and nobody was told; what a schedule, a poll or an end of a run starts is not committed
  // yet; or it is, and nobody was told.
  'after-event',
  'before-events',
  'after-events',
] as const;

export type FaultPoint = (typeof points)[number];

/** At which passage what happens to this process. */
export interface Fault {
  readonly point: FaultPoint;
  /** The first passage is 1. */
  readonly passage: number;
  readonly signal: 'SIGKILL' | 'SIGSTOP';
}

let pass = (_point: FaultPoint): void => {};

/** This process passes here: nothing, unless a test has said otherwise. */
export function faultPoint(point: FaultPoint): void {
  pass(point);
}

/** From now on the process sends itself the signal at that passage, as if it came from outside. */
export function armFault(fault: Fault | undefined): void {
  let passages = 0;
  if (fault)
    pass = (point) => {
      if (point === fault.point && ++passages === fault.passage) process.kill(process.pid, fault.signal);
    };
}

/** `before-effect:3` or `before-effect:3:stop`. */
export function fault(rule: { about: string }): Variable<Fault, undefined> {
  return variable(rule, (given) => {
    const [name, passage, how = 'kill'] = given.split(':');
    const point = points.find((known) => known === name);
    if (!point || !/^[1-9]\d*$/.test(passage ?? '') || !['kill', 'stop'].includes(how)) {
      throw new Error(`must be <point>:<passage>[:stop] with one of the points ${points.join(', ')}, not "${given}"`);
    }
    return { point, passage: Number(passage), signal: how === 'stop' ? 'SIGSTOP' : 'SIGKILL' };
  });
}
