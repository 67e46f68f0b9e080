import { type Json } from '../../common/json.js';
import { RunPaused } from '../nodes/node-error.js';
import { NodeFailure } from './node-failure.js';
import { type Journal, type RunContext } from './run-context.js';

/** What a node fails with when only the owner of an account can help. */
const CODE = 'connection-needs-reauth';

/** A renewed connection ends the wait at once; should that not be heard of, the node looks again after … */
const FIRST_LOOK_MS = 60_000;
/** … twice as long each time, up to … */
const LONGEST_LOOK_MS = 3_600_000;

/**
 * Where this leaf would wait for an account to be connected again: its first wait that is not over yet.
 * @returns undefined when it does not wait but fails
 * @throws RunPaused when it waits there already
 */
export function openReconnect({ journal, waitsForReconnect, onlyReads }: RunContext, path: string): string | undefined {
  if (!waitsForReconnect || onlyReads) return undefined;
  let count = 1;
  while (journal.endOfPause(placeOf(path, count))) count++;
  const at = placeOf(path, count);
  const pause = journal.pauseAt(at);
  if (!pause) return at;
  journal.wait(at, pause);
  throw new RunPaused();
}

/** @throws RunPaused when this is why the leaf failed: it is not recorded as a failure then */
export function waitForReconnect(journal: Journal, at: string, nodeId: string, error: unknown): void {
  const { code, problem } = describe(error);
  if (code !== CODE) return;
  const count = Number(/\d+$/.exec(at)![0]);
  const look = Math.min(FIRST_LOOK_MS * 2 ** (count - 1), LONGEST_LOOK_MS);
  const connectionId = connectionIn(problem);
  journal.wait(at, {
    type: 'reconnect',
    node_id: nodeId,
    until: new Date(Date.now() + look).toISOString(),
    ...(connectionId !== undefined && { connection_id: connectionId }),
  });
  throw new RunPaused();
}

function placeOf(path: string, count: number): string {
  return `${path}.reconnect${count}`;
}

/** Of a part of the node it is a failure already. */
function describe(error: unknown): { code?: unknown; problem?: Json } {
  if (error instanceof NodeFailure) return error.detail;
  return error instanceof Error ? (error as { code?: unknown; problem?: Json }) : {};
}

function connectionIn(problem: Json | undefined): string | undefined {
  const id =
    typeof problem === 'object' && problem !== null && problem !== undefined && !Array.isArray(problem)
      ? problem.connection_id
      : null;
  return typeof id === 'string' ? id : undefined;
}
