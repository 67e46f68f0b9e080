import { httpProblems } from '../common/http/problems/http-problems.js';
import { type ProblemExplanations } from '../common/http/problems/problem-catalogue.js';
import { integrationsProblems } from '../integrations/index.js';
import { oauthProblems } from '../oauth/index.js';
import { portabilityProblems } from './portability/portability-problems.js';
import { proposalProblems } from './proposals/proposal-problems.js';
import { runProblems } from './runs/run-problems.js';
import { findingCodes } from './spec/findings.js';

/** The problems of authoring, preflight and runs. */
export const workflowsProblems: ProblemExplanations = {
  'workflow-not-found': {
    title: 'No such workflow',
    explanation: 'You have no workflow with this id. Workflows of other users look the same as unknown ones.',
  },
  'version-not-found': {
    title: 'No such version',
    explanation: 'The workflow has no version of this number. Versions count 1, 2, 3 … and are never deleted.',
  },
  'workflow-not-published': {
    title: 'Nothing is published',
    explanation: 'The workflow has no published version. Publish it, or name the version to run.',
  },
  'draft-revision-stale': {
    title: 'The draft has changed',
    explanation:
      'Somebody changed the draft since the revision that the request is based on. `current_revision` is what it is ' +
      'now, `patch` (JSON Patch) what has changed since, null if that revision is no longer kept.',
  },
  'base-revision-missing': {
    title: 'Base revision missing',
    explanation:
      'A change of a draft says which revision it is based on, so that nobody overwrites what they have not seen.',
  },
  'draft-change-ambiguous': {
    title: 'Spec or patch',
    explanation: 'A change of a draft is either a whole `spec` or a `patch`.',
  },
  'patch-invalid': {
    title: 'The patch does not fit',
    explanation: 'An operation of the JSON Patch cannot be applied to the draft; nothing was changed.',
  },
  'spec-invalid': {
    title: 'The spec has errors',
    explanation:
      '`errors` has each with its code, node and pointer. `POST /v1/workflows/validate` shows them at any time.',
  },
  ...portabilityProblems,
  ...proposalProblems,
  ...runProblems,
  ...findingProblems(),
};

/** A finding whose code is that of a problem of another module (`unknown-field`, `resource-not-found`) has its page there. */
function findingProblems(): ProblemExplanations {
  const elsewhere = { ...httpProblems, ...oauthProblems, ...integrationsProblems };
  const codes = Object.entries(findingCodes).filter(([code]) => !(code in elsewhere));
  return Object.fromEntries(codes.map(([code, explanation]) => [code, { title: titleOf(code), explanation }]));
}

function titleOf(code: string): string {
  const words = code.replaceAll('-', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}
