import { type ProblemExplanations } from '../../common/http/problems/problem-catalogue.js';

export const portabilityProblems: ProblemExplanations = {
  'document-invalid': {
    title: 'Not an exported workflow',
    explanation:
      '`document` is what `GET /v1/workflows/{id}/export` answers. `errors` has each fault with its pointer.',
  },
  'format-version-unsupported': {
    title: 'Exported by a newer Seer',
    explanation: 'The document has a format that this build does not know. Bring this installation up to date first.',
  },
  'mapping-invalid': {
    title: 'The mapping does not fit',
    explanation:
      '`mapping` has ids that stand in the document, each with an id of yours of the same kind. `requires` lists them.',
  },
};
