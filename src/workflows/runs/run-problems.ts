import { type ProblemExplanations } from '../../common/http/problems/problem-catalogue.js';

/** Every code that `error_detail` of a run or `error` of a step can have, and the problems of starting runs. */
export const runProblems = {
  'run-not-found': {
    title: 'No such run',
    explanation: 'You have no run with this id. Runs of other users look the same as unknown ones.',
  },
  'run-version-unclear': {
    title: 'A version of what?',
    explanation:
      'Versions are numbered within their workflow, so runs of a version are asked for with `workflow_id` too.',
  },
  'run-not-waiting': {
    title: 'The run does not wait for that',
    explanation:
      'Nothing is to be answered at this place: `waiting_for` of the run says what is. An answer counts once.',
  },
  'run-place-ambiguous': {
    title: 'Which place?',
    explanation:
      'The run waits at several places. Name one by its path (or its node id, if that is unique) in `node_id`.',
  },
  'approval-not-found': {
    title: 'No such approval',
    explanation: 'The link is mistyped, or the run that it was for is no longer there.',
  },
  'approval-closed': {
    title: 'The approval is closed',
    explanation: 'It was answered already, its time is over, or the run has ended. An answer counts once.',
  },
  'answer-invalid': {
    title: 'The answer is not valid',
    explanation: 'An approval is answered with `approved` (true or false), and with what its form asks for.',
  },
  'approval-timeout': {
    title: 'Nobody answered in time',
    explanation: 'The `timeout` of an approval with `on_timeout: fail` has passed.',
  },
  'wait-too-long': { title: 'The wait is too long', explanation: 'A run lives 30 days, all waiting included.' },
  'workflow-failed': {
    title: 'The child run failed',
    explanation: 'The run that a `workflow` node has started has FAILED; `problem` names it and its error.',
  },
  'workflow-cancelled': {
    title: 'The child run was cancelled',
    explanation: 'The run that a `workflow` node has started was cancelled; `problem` names it.',
  },
  'depth-exceeded': {
    title: 'Too many runs inside one another',
    explanation: 'At most 8 runs may be inside one another through `workflow` nodes.',
  },
  'crash-loop': {
    title: 'The process died again and again',
    explanation:
      'The process that executed the run died five times, so it is not tried again: perhaps the run itself brings it ' +
      'down, for example with more data than there is memory.',
  },
  cancelled: {
    title: 'The run was cancelled',
    explanation: 'By its owner, or because the run that waited for it ended.',
  },
  'checkpoint-not-found': {
    title: 'No such checkpoint',
    explanation:
      'The run has no checkpoint with this id: they stand after nodes outside of loops. `GET /v1/runs/{id}/checkpoints` ' +
      'lists them.',
  },
  'fork-values-invalid': {
    title: 'The values of the fork are not valid',
    explanation:
      'A fork changes values of nodes that are recorded before its checkpoint, outside of loops, to values that a node ' +
      'could have given. `errors` names each that is not so.',
  },
  'run-not-retryable': {
    title: 'The run cannot be retried',
    explanation:
      'Only runs that have FAILED or were CANCELLED can be retried. A fork from one of its checkpoints is possible at any ' +
      'time.',
  },
  'input-invalid': {
    title: 'The inputs are not valid',
    explanation: 'The inputs do not satisfy the schema of the workflow, or of the tool. Values are never coerced.',
  },
  'concurrency-key-invalid': {
    title: 'The concurrency key has no value',
    explanation:
      'The expression in `settings.concurrency.key` failed with the inputs of this run, such as on a field that is not ' +
      'there. Nothing was started.',
  },
  'concurrency-limit': {
    title: 'The limit of concurrent runs is reached',
    explanation:
      'As many runs with this concurrency key as `settings.concurrency.limit` allows are under way or queued, and ' +
      '`on_limit` is `drop`; or a `workflow` node would wait for a run that it is part of. Nothing was started.',
  },
  'event-stream-limit': {
    title: 'Too many event streams',
    explanation:
      'A user has at most `limit` event streams open at a time in each process, and so many are open. With `stream=true`, no ' +
      'run was started. End a stream that is not needed any more, or ask for the run with `GET /v1/runs/{id}` now and then.',
  },
  'run-quota': {
    title: 'The quota of runs is used up',
    explanation:
      'The operator lets each user start a number of runs within 24 hours (`SEER_RUNS_PER_USER_PER_DAY`), and they are ' +
      'started. `Retry-After` says when the first of them is a day old. Events of schedules and polls are recorded as ' +
      '`skipped` meanwhile and can be replayed; senders of webhooks are told to come again.',
  },
  failed: {
    title: 'The workflow failed on purpose',
    explanation: 'A `fail` node was reached; its message is the error.',
  },
  'run-timeout': {
    title: 'The run took too long',
    explanation: 'The running time of the run passed `settings.timeout` of its workflow (1 h by default).',
  },
  'node-timeout': {
    title: 'The node took too long',
    explanation: "An attempt passed the node's `timeout`. It may be retried.",
  },
  'expression-error': {
    title: 'An expression failed',
    explanation: 'An expression could not be evaluated with the values of this run, such as a field that is not there.',
  },
  'too-many-items': { title: 'Too many items', explanation: 'A `for_each` got more items than its `max_items`.' },
  'output-too-large': {
    title: 'The value is too large',
    explanation: 'The value of one node may have 1 MB as JSON.',
  },
  'output-invalid': {
    title: 'The value cannot be stored',
    explanation:
      'Text with a NUL character or half a surrogate pair cannot be stored, nor what is nested deeper than 200; ' +
      'leave it out in an expression.',
  },
  'state-too-large': {
    title: 'The run is too large',
    explanation: 'All values of a run together may have 10 MB as JSON.',
  },
  'step-limit': { title: 'Too many steps', explanation: 'One run may execute 10,000 nodes, loops included.' },
  'upstream-error': {
    title: 'The other side failed',
    explanation: 'The called service answered with a fault of its own; a retry may help.',
  },
  'upstream-refused': {
    title: 'The other side refused',
    explanation: 'The called service said no (4xx); `problem` has its answer.',
  },
  'token-budget': {
    title: 'The tokens are used up',
    explanation: 'The `llm` nodes of the run have used as many tokens as `settings.token_budget` allows.',
  },
  'too-many-rounds': {
    title: 'The model does not come to an end',
    explanation: 'After `max_rounds` answers the model still asked for calls of tools.',
  },
  'model-output-invalid': {
    title: 'The answer is not what was asked for',
    explanation: 'The answer of a model does not satisfy `output_schema`; `problem` has its text. A retry may help.',
  },
} satisfies ProblemExplanations;
