import { type ProblemExplanations } from '../common/http/problems/problem-catalogue.js';

/** The problems of the admin API. */
export const adminProblems = {
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
