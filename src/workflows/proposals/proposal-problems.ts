import { type ProblemExplanations } from '../../common/http/problems/problem-catalogue.js';
import { limits } from '../spec/limits.js';

export const proposalProblems: ProblemExplanations = {
  'proposal-not-found': {
    title: 'No such proposal',
    explanation:
      'No workflow of yours has a proposal with this id. Those of other users look the same as unknown ones.',
  },
  'proposal-decided': {
    title: 'Already decided',
    explanation:
      'A proposal is accepted, rejected or superseded once. Propose the change anew if it is wanted after all.',
  },
  'proposal-conflict': {
    title: 'The draft has changed in the same places',
    explanation:
      '`errors` points at what the draft and the proposal have changed since the base revision, each in another way. Nothing ' +
      'was changed. Propose it anew on the draft as it is.',
  },
  'proposal-empty': {
    title: 'Nothing is proposed',
    explanation: 'The proposed spec is the same as the one that it is based on.',
  },
  'proposal-limit-reached': {
    title: 'Too many proposals',
    explanation: `A workflow has at most ${limits.pendingProposals} proposals that nobody has decided about.`,
  },
};
