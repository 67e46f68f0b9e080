import type { ProblemExplanations } from '../http/problems/problem-catalogue.js';

/** The problems of encryption. */
export const encryptionProblems = {
  'encryption-keys-unavailable': {
    title: 'Encryption keys unavailable',
    explanation:
      'The process cannot read its encryption keys: the database or the key management service is away, or the master ' +
      'key was changed and the process was not started with the new one. The log has the reason.',
  },
  'decryption-failed': {
    title: 'A stored secret cannot be decrypted',
    explanation:
      'The value was altered, moved to another row or user, or encrypted with a key that this installation does not have. Store ' +
      'the secret again, or connect the account again; an operator finds such values with `encryption status`.',
  },
} satisfies ProblemExplanations;
