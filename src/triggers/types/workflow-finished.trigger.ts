import { type JsonObject } from '../../common/json.js';
import { defineTrigger } from './define-trigger.js';

/** What a subscription to the ends of runs says, besides `filter` and `inputs`. */
export type FinishedConfig = JsonObject & { workflow_id: string; statuses: string[] };

/** So many runs, each started by the end of the one before, may lead to one: a circle ends there. */
export const MOST_HOPS = 8;

export const workflowFinished = defineTrigger<FinishedConfig>({
  key: 'workflow_finished',
  title: 'End of a run',
  description:
    `A run of another workflow of yours has ended. A chain of such runs ends after ${MOST_HOPS}, so that workflows that start each ` +
    'other do not go on for ever.',
  mode: 'internal',
  config: {
    required: ['workflow_id'],
    properties: {
      workflow_id: { type: 'string', pattern: '^wf_[0-9a-f-]{36}$', description: 'the id of a workflow' },
      statuses: {
        type: 'array',
        minItems: 1,
        uniqueItems: true,
        items: { enum: ['COMPLETED', 'FAILED', 'CANCELLED'] },
        default: ['COMPLETED', 'FAILED', 'CANCELLED'],
      },
    },
  },
  event: {
    type: 'object',
    additionalProperties: false,
    required: ['run_id', 'workflow_id', 'status'],
    properties: {
      run_id: { type: 'string' },
      workflow_id: { type: 'string' },
      version_number: { type: ['integer', 'null'] },
      status: { enum: ['COMPLETED', 'FAILED', 'CANCELLED'], type: 'string' },
      source: { type: 'string' },
      outputs: true,
      error: { type: ['string', 'null'] },
      error_detail: { type: ['object', 'null'] },
      created_at: { type: 'string' },
      started_at: { type: ['string', 'null'] },
      completed_at: { type: 'string' },
    },
  },
  sample: {
    run_id: 'run_0190b6a0-7e2c-7d3a-9f10-3b6f2f0c1a2b',
    workflow_id: 'wf_0190b6a0-7e2c-7d3a-9f10-3b6f2f0c1a2b',
    version_number: 3,
    status: 'FAILED',
    source: 'TRIGGER',
    outputs: null,
    error: 'send: api.example.com answered 500 to POST.',
    error_detail: { code: 'upstream-error', node_id: 'send', path: 'send', attempt: 3 },
    created_at: '2026-11-26T08:00:00.000Z',
    started_at: '2026-11-26T08:00:00.002Z',
    completed_at: '2026-11-26T08:00:07.480Z',
  },
  example: { workflow_id: 'wf_0190b6a0-7e2c-7d3a-9f10-3b6f2f0c1a2b', statuses: ['FAILED'] },
});
