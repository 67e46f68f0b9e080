import { type ProblemExplanations } from '../common/http/problems/problem-catalogue.js';

/** The problems of tools and resources. */
export const integrationsProblems = {
  'tool-not-found': {
    title: 'No such tool',
    explanation: 'There is no tool with this key for this provider. `GET /v1/registries/tools` lists them.',
  },
} satisfies ProblemExplanations;
