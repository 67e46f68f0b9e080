import { type ProblemExplanations } from '../../common/http/problems/problem-catalogue.js';

/** Every code that `error_detail` of a run or `error` of a step can have, and the problems of starting runs. */
export const runProblems = {
  'run-not-found': {
    title: 'No such run',
    explanation: 'You have no run with this id. Runs of other users look the same as unknown ones.',
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
  'output-too-large': { title: 'The value is too large', explanation: 'The value of one node may have 1 MB as JSON.' },
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
} satisfies ProblemExplanations;
