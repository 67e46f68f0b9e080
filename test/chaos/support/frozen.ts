import { execFile } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { type Fleet, type Started } from './fleet.js';
import { type Graph } from './graphs.js';
import { type Seer } from './seer.js';

const run = promisify(execFile);

/** Resolves when the process stands still: SIGSTOP has arrived. */
export async function untilFrozen({ program }: Seer): Promise<void> {
  for (;;) {
    const { stdout } = await run('ps', ['-o', 'stat=', '-p', String(program.pid)]);
    if (stdout.trim().startsWith('T')) return;
    await delay(20);
  }
}

/** Lets frozen processes go on; resolves when each has renewed its lease twice, so has looked at what it holds. */
export async function thaw(fleet: Fleet, frozen: readonly Seer[]): Promise<void> {
  for (const { program } of frozen) program.signal('SIGCONT');
  await Promise.all(
    frozen.map(async ({ program }) => {
      const first = await renewal(fleet, program.pid, new Date());
      await renewal(fleet, program.pid, first);
    }),
  );
}

/** When the lease ends that the process has renewed to later than this. */
async function renewal(fleet: Fleet, pid: number, later: Date): Promise<Date> {
  for (;;) {
    const { rows } = await fleet.database.query<{ lease_until: Date }>(
      `select lease_until from run_worker where name like '%:' || $1 and lease_until > $2`,
      [String(pid), later],
    );
    if (rows[0]) return rows[0].lease_until;
    await delay(50);
  }
}

/**
 * Freezes a process while calls of its runs are under way, until another process has taken the runs over and is in
 * the middle of them; lets it go on then, and the other one when the first has seen what became of its runs.
 * @param at the call of each graph at which its run is caught
 * @returns the runs, when they are over, and how many calls the woken process has made
 */
export async function freezeInFlight(
  fleet: Fleet,
  at: readonly { graph: Graph; call: number }[],
  patience?: number,
): Promise<{ runs: Started[]; callsOfTheWoken: number }> {
  const [sleeper] = fleet.processes as [Seer];
  const { peer } = fleet;
  const caught = Promise.withResolvers<void>();
  const frozen = Promise.withResolvers<void>();
  const released = Promise.withResolvers<void>();
  let waiting = at.length;
  let isFrozen = false;
  const runs = await Promise.all(
    at.map(async ({ graph, call: number }) => {
      const target = fleet.newTarget();
      peer.onArrival.set(target, async (call) => {
        if (isFrozen) return call.repetition === 1 ? released.promise : undefined;
        if (call.number < number) return;
        if (call.number === number && --waiting === 0) caught.resolve();
        await frozen.promise;
      });
      return fleet.run(sleeper, graph, target);
    }),
  );
  await caught.promise;
  await fleet.freeze(sleeper);
  isFrozen = true;
  frozen.resolve();
  await untilMidway(fleet, runs);
  const calls = peer.total;
  await thaw(fleet, [sleeper]);
  const callsOfTheWoken = peer.total - calls;
  released.resolve();
  await fleet.untilOver(runs, patience);
  return { runs, callsOfTheWoken };
}

/** Resolves when another process executes all of these runs and waits for answers in each. */
async function untilMidway(fleet: Fleet, runs: readonly Started[]): Promise<void> {
  for (let calls = -1; ; await delay(1_000)) {
    const attempts = await fleet.attemptsOf(runs);
    if (attempts.some((attempt) => attempt === 1)) continue;
    if (fleet.peer.total === calls) return;
    calls = fleet.peer.total;
  }
}
