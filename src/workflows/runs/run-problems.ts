import { type ProblemExplanations } from '../../common/http/problems/problem-catalogue.js';

/** Every code that `error_detail` of a run or `error` of a step can have, and the problems of starting runs. */
export const runProblems = {
  'run-not-found': {
    title: 'No such run',
    explanation: 'You have no run with this id. Runs of other users look the same as unknown ones.',
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
