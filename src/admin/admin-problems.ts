import { type ProblemExplanations } from '../common/http/problems/problem-catalogue.js';

/** The problems of the admin API. */
export const adminProblems = {
  'job-not-found': {
    title: 'No such job',
    explanation:
      'No job with this id has failed for good: it is unknown, was redriven, or is older than they are kept (30 days). `GET ' +
      '/v1/admin/jobs` lists those that there are.',
  },
  'job-waits': {
    title: 'The work waits already',
    explanation: 'A job with the same key waits and does the same work. Nothing was added, and nothing is missing.',
  },
  'encryption-rotation-not-found': {
    title: 'No rotation yet',
    explanation: 'The encryption keys have not been rotated yet; `POST /v1/admin/encryption/rotations` begins.',
  },
  'encryption-unavailable': {
    title: 'Master key unavailable',
    explanation:
      'A new data key cannot be wrapped: the key management service is away, or the master key was changed and this ' +
      'process was not started with the new one. Nothing was changed.',
  },
} satisfies ProblemExplanations;
