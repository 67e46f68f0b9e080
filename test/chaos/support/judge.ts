import { isDeepStrictEqual } from 'node:util';
import type pg from 'pg';
import { isFinal, type WorkflowRunStatus } from '../../../src/workflows/runs/run-status.js';
import { type Fleet, type Started } from './fleet.js';
import { type Graph } from './graphs.js';
import { type Call } from './recording-peer.js';
import { type Transition, transitionsOf } from './transitions.js';

/** How soon after a kill a run must be on its way again, in milliseconds. */
const MOST_RECOVERY_MS = 30_000;

export type Fault = 'lost' | 'duplicated' | 'repeated' | 'different' | 'late';

/** What a test has found. */
export interface Verdict {
  readonly faults: { readonly fault: Fault; readonly run: string; readonly what: string }[];
  /** Milliseconds from each kill to the moment at which each run that it hit was on its way again. */
  readonly recoveries: number[];
  /** Nodes that were in flight at a kill and ran again. */
  resumedNodes: number;
}

interface StepRow {
  path: string;
  seq: number;
  status: string;
  completed_at: Date;
}

/** All that there is to know about a run and its calls. */
interface Trace {
  readonly runId: string;
  readonly parentPath: string | null;
  readonly status: WorkflowRunStatus;
  readonly outputs: unknown;
  readonly steps: readonly StepRow[];
  readonly transitions: readonly Transition[];
  /** Calls by node and path: the end of the idempotency key. */
  readonly calls: ReadonlyMap<string, readonly Call[]>;
}

/** Compares runs that were disturbed with what undisturbed ones of the same graph do. */
export class Judge {
  private readonly references = new Map<Graph, Trace[]>();

  constructor(private readonly fleet: Fleet) {}

  /** Runs each graph once, in peace. */
  async learn(graphs: readonly Graph[]): Promise<void> {
    const [seer] = this.fleet.processes;
    for (const graph of graphs) {
      const run = await this.fleet.run(seer!, graph);
      await this.fleet.approve(run);
      const open = await this.fleet.untilOver([run]);
      const calls = this.fleet.peer.callsOf(run.target).length;
      if (open.length > 0 || calls !== graph.calls) throw new Error(`${graph.name}: ${calls} calls, open: ${open}`);
      this.references.set(graph, await this.trace(run));
    }
  }

  /** @param restarts how often the database was away: each may have cut a node of every run */
  async judge(runs: readonly Started[], { restarts = 0 } = {}): Promise<Verdict> {
    const verdict: Verdict = { faults: [], recoveries: [], resumedNodes: 0 };
    for (const run of runs) {
      const report = (fault: Fault, what: string) =>
        verdict.faults.push({ fault, run: `${run.graph.name} ${run.target} ${run.runId}`, what });
      const traces = await this.trace(run);
      const references = this.references.get(run.graph)!;
      if (traces.length === 0) report('lost', 'is not in the database');
      if (traces.filter(({ parentPath }) => parentPath === null).length > 1) report('duplicated', 'began twice');
      if (traces.length !== references.length) report('duplicated', `${traces.length} runs with its children`);
      for (const trace of traces) {
        const reference = references.find(({ parentPath }) => parentPath === trace.parentPath) ?? references[0]!;
        this.compare(trace, reference, report, verdict, restarts);
      }
    }
    return verdict;
  }

  private compare(
    trace: Trace,
    reference: Trace,
    report: (fault: Fault, what: string) => void,
    verdict: Verdict,
    restarts: number,
  ): void {
    const { steps, transitions, status, outputs, calls, runId } = trace;
    if (!isFinal(status)) report('lost', `is ${status} for ever`);
    else if (status !== reference.status || !isDeepStrictEqual(outputs, reference.outputs)) {
      report('different', `is ${status} with ${JSON.stringify(outputs)}`);
    }
    const ends = transitions.filter(({ became }) => isFinal(became as WorkflowRunStatus)).length;
    if (isFinal(status) && ends !== 1) report('duplicated', `came to its end ${ends} times`);
    if (steps.some(({ seq }, index) => seq !== index + 1)) report('different', 'has a gap in its steps');
    if (!isDeepStrictEqual(endsOf(steps), endsOf(reference.steps))) {
      report('different', `has the steps ${JSON.stringify(endsOf(steps))}`);
    }
    const hits = this.fleet.kills.filter(({ runIds }) => runIds.includes(runId));
    for (const [place, made] of calls) {
      const expected = reference.calls.get(place)?.length ?? 0;
      if (made.length > expected) verdict.resumedNodes += 1;
      if (made.length > expected + hits.length + restarts)
        report('repeated', `${place} was called ${made.length} times, ${JSON.stringify({ transitions, hits, made })}`);
      const done = steps.find((step) => step.status === 'COMPLETED' && place.endsWith(`:${step.path}`))?.completed_at;
      if (done && made.some(({ at }) => at > done.getTime())) report('repeated', `${place} ran after it was done`);
    }
    for (const place of reference.calls.keys()) if (!calls.has(place)) report('different', `${place} was not called`);
    for (const { at } of hits) {
      const next = transitions.find(({ at: then, became }) => then.getTime() > at && became !== 'QUEUED');
      const recovery = (next?.at.getTime() ?? Infinity) - at;
      verdict.recoveries.push(recovery);
      if (recovery > MOST_RECOVERY_MS) report('late', `was on its way again after ${recovery} ms`);
    }
  }

  /** The run and its children; nothing that has the same target is overlooked. */
  private async trace({ target }: Started): Promise<Trace[]> {
    const { database, peer } = this.fleet;
    const { rows } = await database.query<{
      run_id: string;
      parent_path: string | null;
      status: WorkflowRunStatus;
      outputs: unknown;
    }>(`select run_id, parent_path, status, outputs from workflow_run where inputs ->> 'target' = $1 order by run_id`, [
      target,
    ]);
    const calls = peer.callsOf(target);
    return Promise.all(
      rows.map(async ({ run_id: runId, parent_path: parentPath, status, outputs }) => {
        const prefix = `run_${runId}:`;
        const mine = calls.filter(({ key }) => key.startsWith(prefix));
        return {
          runId,
          parentPath,
          status,
          outputs,
          steps: await stepsOf(database, runId),
          transitions: await transitionsOf(database, [runId]),
          calls: Map.groupBy(mine, ({ key }) => key.slice(prefix.length)),
        };
      }),
    );
  }
}

async function stepsOf(database: pg.Client, runId: string): Promise<StepRow[]> {
  const { rows } = await database.query<StepRow>(
    'select path, seq, status, completed_at from workflow_run_step where run_id = $1 order by seq',
    [runId],
  );
  return rows;
}

/** How each node came out, each as often as it did: what failed and was tried again counts once, as completed. */
function endsOf(steps: readonly StepRow[]): string[] {
  const completed = new Set(steps.filter(({ status }) => status !== 'FAILED').map(({ path }) => path));
  return steps
    .filter(({ path, status }) => status !== 'FAILED' || !completed.has(path))
    .map(({ path, status }) => `${path} ${status}`)
    .sort();
}

/** The figures of a verdict, for people. */
export function figures({ faults, recoveries, resumedNodes }: Verdict): Record<string, number> {
  const count = (fault: Fault) => faults.filter((one) => one.fault === fault).length;
  return {
    lost: count('lost'),
    duplicated: count('duplicated'),
    repeated: count('repeated'),
    different: count('different'),
    late: count('late'),
    nodes_in_flight_that_ran_again: resumedNodes,
    recoveries: recoveries.length,
    slowest_recovery_ms: Math.max(0, ...recoveries),
  };
}
