import { makePublicId } from '../../../common/public-id.js';
import { type Span, type SpanOptions } from '../../../common/tracing/tracing.js';
import { type RunExecution } from './run-execution.js';
import { isEnd, type RunOutcome } from './rows.js';

/** One execution of a run: the first begins its trace, those after a pause or a crash join it. */
export function runSpan({ holding, about, parentId }: RunExecution): SpanOptions {
  const { runId, fence, durableSince } = holding;
  return {
    name: 'run',
    kind: 'consumer',
    attributes: {
      'seer.run.id': makePublicId('run', runId),
      'seer.run.source': about.source,
      'seer.run.attempt': fence,
      'seer.workflow.id': about.workflowId ? makePublicId('workflow', about.workflowId) : undefined,
      'seer.workflow.version': about.version ?? undefined,
    },
    // What is claimed from the queue begins in the middle of something else.
    run: { runId, attempt: fence, parentId, isAskedFor: durableSince === undefined },
  };
}

export function tellOutcome(span: Span, outcome: RunOutcome | undefined): void {
  span.set({ 'seer.run.status': outcome?.status ?? 'LOST' });
  if (outcome && isEnd(outcome) && outcome.status === 'FAILED')
    span.fail(outcome.errorDetail?.code ?? 'internal-error');
}
