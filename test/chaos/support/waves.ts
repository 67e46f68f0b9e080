import { type Fleet, type Started } from './fleet.js';
import { type Graph } from './graphs.js';
import { type Call } from './recording-peer.js';
import { type Seer } from './seer.js';

/** A run is cut by a SIGKILL while a call is under way, or when the call was answered. */
export interface CallKill {
  readonly graph: Graph;
  readonly call: number;
  readonly moment: 'arrival' | 'answer';
}

/** A process kills itself at a passage, such as `before-effect:3`, while it executes a run. */
export interface FaultKill {
  readonly graph: Graph;
  readonly fault: string;
  readonly mode?: 'sync';
}

/** Longest time in which a kill that was planned must happen, in milliseconds. */
const PATIENCE_MS = 60_000;

/**
 * Kills as many processes as there are groups, each when all runs of its group are where they are to be cut: one kill
 * hits several runs, each at another node. Every killed process is started again at once; the first of the fleet is
 * never killed, for somebody must be there to take over.
 * @returns all runs, when they are over
 */
export async function killAtCalls(
  fleet: Fleet,
  groups: readonly (readonly CallKill[])[],
  patience?: number,
): Promise<Started[]> {
  const runs = await Promise.all(groups.map((group, index) => killGroup(fleet, fleet.processes[index + 1]!, group)));
  await fleet.restored();
  await fleet.untilOver(runs.flat(), patience);
  return runs.flat();
}

async function killGroup(fleet: Fleet, seer: Seer, group: readonly CallKill[]): Promise<Started[]> {
  const { peer } = fleet;
  const killed = Promise.withResolvers<void>();
  const answered = Promise.withResolvers<void>();
  const caught = group.map(
    ({ graph, call: number, moment }) =>
      new Promise<{ target: string; run: Promise<Started>; call: Call }>((resolve) => {
        const target = fleet.newTarget();
        peer.onArrival.set(target, (call) => {
          if (call.number !== number) return;
          resolve({ target, run, call });
          return moment === 'arrival' ? killed.promise : answered.promise;
        });
        const run = start(fleet, seer, graph, target);
      }),
  );
  const inPlace = await inTime(Promise.all(caught), group.map(({ graph, call }) => `${call} of ${graph.name}`).join());
  // A run that has waited, or is the child of another, may be with any process.
  const holders = new Set(await Promise.all(inPlace.map(({ call }) => fleet.holderOf(call.key.split(':', 1)[0]!))));
  holders.delete(fleet.processes[0]);
  answered.resolve();
  for (const holder of holders) if (holder) await fleet.kill(holder);
  killed.resolve();
  for (const holder of holders) if (holder) fleet.restart(holder);
  return Promise.all(inPlace.map(({ run }) => run));
}

/**
 * Starts a process for each of these kills, which dies of it while it executes other runs as well.
 * @returns all runs, when they are over
 */
export async function killAtFaults(
  fleet: Fleet,
  kills: readonly FaultKill[],
  bystander: () => Graph,
): Promise<Started[]> {
  const runs = await Promise.all(
    kills.map(async ({ graph, fault, mode }) => {
      const [victim] = (await fleet.add(1, { SEER_FAULT_POINT: fault })) as [Seer];
      const runs: Promise<Started>[] = [];
      const killed = (async () => {
        // Another process may have been faster to claim what this one was to claim.
        while (victim.lives) {
          const run = start(fleet, victim, graph, fleet.newTarget(), mode);
          runs.push(run, start(fleet, victim, bystander(), fleet.newTarget()));
          await Promise.race([victim.program.ended, run.then((one) => fleet.untilOver([one]))]);
        }
      })();
      await inTime(killed, `${fault} of ${graph.name}`);
      await fleet.kill(victim);
      fleet.forget(victim);
      return Promise.all(runs);
    }),
  );
  await fleet.untilOver(runs.flat());
  return runs.flat();
}

async function start(
  fleet: Fleet,
  seer: Seer,
  graph: Graph,
  target: string,
  mode?: 'async' | 'sync',
): Promise<Started> {
  const run = await fleet.run(seer, graph, target, mode);
  void fleet.approve(run);
  return run;
}

async function inTime<T>(event: Promise<T>, what: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`nothing came to ${what}`)), PATIENCE_MS);
  });
  return Promise.race([event, late]).finally(() => clearTimeout(timer));
}
