import { type ProblemExplanation } from '../../common/http/problems/problem-catalogue.js';
import { type Json } from '../../common/json.js';
import { count, list, sentence, times } from '../../common/words.js';
import { type Effect } from '../../integrations/index.js';
import { type Pause } from '../nodes/pause.js';
import { type RunResponse, type WaitingForResponse } from '../runs/run.dto.js';
import { type WorkflowRunSource } from '../runs/run-status.js';
import {
  type FailureExplanation,
  type PositionExplanation,
  type RetryExplanation,
  type RunExplanationResponse,
  type StartExplanation,
  type WaitExplanation,
} from './explanation.dto.js';

/** What a run is explained from. */
export interface RunFacts {
  readonly run: RunResponse;
  /** Of the user whose run it is. */
  readonly user_id: string;
  readonly email: string;
  readonly tries: number;
  readonly crashes: number;
  readonly worker_alive: boolean | null;
  readonly queued_before: number | null;
  /** Node ids of the steps that came to their end. */
  readonly recorded: readonly string[];
  /** Nodes that come next. */
  readonly next: readonly string[];
  /** By node id. */
  readonly effects: ReadonlyMap<string, Effect>;
  /** What a code means, if it is explained anywhere. */
  explanationOf(code: string): ProblemExplanation | undefined;
}

export function explain(facts: RunFacts): RunExplanationResponse {
  const start = explainStart(facts);
  const position = explainPosition(facts);
  const waiting = facts.run.status === 'WAITING' ? (facts.run.waiting_for ?? []).map(explainWait) : [];
  const failure = explainFailure(facts);
  const retry = explainRetry(facts);
  const all = [start, position, ...waiting, ...(failure ? [failure] : []), retry];
  return {
    run_id: facts.run.run_id,
    summary: all.map(({ summary }) => summary),
    ...{ start, position, waiting, failure, retry },
  };
}

const startedBy: Readonly<Record<WorkflowRunSource, string>> = {
  MANUAL: 'by hand',
  TRIGGER: 'by a trigger',
  AGENT: 'by an agent',
  FORM: 'by a form',
};

function explainStart({ run, user_id, email, tries }: RunFacts): StartExplanation {
  const { source, workflow_id, version_number, parent_run_id, forked_from, created_at } = run;
  const what = workflow_id ? `version ${version_number} of ${workflow_id}` : 'a spec of its own';
  const how = forked_from
    ? `${tries > 1 ? `Try ${tries}: it` : 'It'} began at ${forked_from} with what was recorded there, to run ${what}`
    : parent_run_id
      ? `It was started by a node of ${parent_run_id}, to run ${what}`
      : `It was started ${startedBy[source]}, to run ${what}`;
  const summary = `${how}; it is a run of ${email || user_id}.`;
  return {
    summary,
    source,
    user_id,
    email,
    workflow_id,
    version_number,
    parent_run_id,
    forked_from,
    tries,
    created_at,
  };
}

function explainPosition({ run, recorded, next, ...facts }: RunFacts): PositionExplanation {
  const { status, attempt } = run;
  const { crashes, worker_alive, queued_before } = facts;
  const steps = recorded.length;
  const where = { ...{ status, steps, next: [...next], attempt, crashes, worker_alive, queued_before } };
  const died = crashes > 0 ? ` The process that executed it died ${times(crashes)}.` : '';
  return { summary: `${whereabouts(where)}${died}`, ...where };
}

function whereabouts({
  status,
  steps,
  next,
  worker_alive,
  queued_before,
}: Omit<PositionExplanation, 'summary'>): string {
  const done = `with ${count(steps, 'step')} recorded`;
  const nodes = next.length > 0 ? list(next) : 'its end';
  switch (status) {
    case 'QUEUED':
      return `It waits for a free slot, ${done}; ${count(queued_before ?? 0, 'run')} of the same user ${queued_before === 1 ? 'is' : 'are'} before it, and it goes on with ${nodes}.`;
    case 'RUNNING':
      return worker_alive
        ? `It is executed, ${done}; next or under way: ${nodes}.`
        : `The process that executed it is gone, ${done}; another one takes it over within 30 s and goes on with ${nodes}.`;
    case 'WAITING':
      return `It waits, ${done}; next: ${nodes}.`;
    case 'COMPLETED':
      return `It is COMPLETED, ${done}.`;
    case 'FAILED':
    case 'CANCELLED':
      return `It is ${status}, ${done}; not done: ${nodes}.`;
  }
}

const waitsFor: Readonly<Record<Pause['type'], (waiting: WaitingForResponse) => string>> = {
  timer: () => 'waits for a time',
  approval: ({ title }) => `waits for an approval: ${JSON.stringify(title ?? '')}`,
  workflow: ({ run_id: runId }) => `waits for the end of ${runId}`,
  retry: () => 'has failed and is tried again',
  reconnect: ({ connection_id: id }) => `waits until ${id ?? 'its account'} is connected again, and looks`,
};

function explainWait(waiting: WaitingForResponse): WaitExplanation {
  const { type, node_id, path } = waiting;
  const until = waiting.until?.toISOString() ?? null;
  const what = waitsFor[type](waiting);
  const when = until === null ? '' : type === 'approval' ? `, until ${until}` : ` at ${until}`;
  return { summary: `${node_id} ${what}${when}.`, type, node_id, path, until };
}

function explainFailure({ run, explanationOf }: RunFacts): FailureExplanation | null {
  if (run.status !== 'FAILED' && run.status !== 'CANCELLED') return null;
  const {
    code = 'internal-error',
    node_id = null,
    path = null,
    attempt = null,
    problem = null,
  } = (run.error_detail ?? {}) as Partial<Record<'code' | 'node_id' | 'path', string>> & {
    attempt?: number;
    problem?: Json;
  };
  const explained = explanationOf(code);
  const message = run.error ?? '';
  const verb = run.status === 'FAILED' ? 'failed' : 'was cancelled';
  const at = node_id === null ? '' : ` at the node ${node_id}${path === node_id ? '' : ` (${path})`}`;
  return {
    summary: sentence(`It ${verb}${at} with ${code}: ${message}`),
    ...{ code, message, node_id, path, attempt, problem },
    title: explained?.title ?? code,
    explanation: explained?.explanation ?? null,
    page: explained ? `/problems/${code}` : null,
  };
}

function explainRetry({ run, recorded, next, effects }: RunFacts): RetryExplanation {
  const possible = run.status === 'FAILED' || run.status === 'CANCELLED';
  const kept = new Set(recorded);
  const writes = next.filter((nodeId) => effects.get(nodeId) === 'write');
  const onward = next.length > 0 ? list(next) : 'its end';
  const writing = writes.length > 0 ? `, of which ${list(writes)} ${writes.length === 1 ? 'writes' : 'write'}` : '';
  return {
    summary: possible
      ? `A retry would keep ${count(recorded.length, 'step')} and go on with ${onward}${writing}.`
      : `It cannot be retried, as it is ${run.status}; it can be forked from any of its checkpoints.`,
    possible,
    kept_steps: recorded.length,
    kept_nodes: [...effects.keys()].filter((nodeId) => kept.has(nodeId)),
    next: [...next],
    next_writes: writes,
  };
}
