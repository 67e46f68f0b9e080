import { type ProblemExplanations } from '../common/http/problems/problem-catalogue.js';

/** The problems of subscriptions, events and the public intake. */
export const triggersProblems: ProblemExplanations = {
  'subscription-not-found': {
    title: 'No such subscription',
    explanation: 'You have no subscription with this id. Subscriptions of other users look the same as unknown ones.',
  },
  'subscription-invalid': {
    title: 'The subscription is not right',
    explanation:
      '`errors` has each fault with its pointer. `GET /v1/triggers` has the schema of `config` for each trigger, and what its ' +
      'events are; expressions are CEL over `trigger`.',
  },
  'subscription-unfit': {
    title: 'Not with this subscription',
    explanation:
      'A subscription of this kind cannot do that: only schedules know when they fire, only some verify with a secret.',
  },
  'subscription-inactive': {
    title: 'The subscription starts no runs',
    explanation: 'It is switched off, or nothing of its workflow is published. It goes on when that changes.',
  },
  'event-not-found': {
    title: 'No such event',
    explanation: "You have no event with this id: it is another user's, unknown, or older than events are kept.",
  },
  'event-not-replayable': {
    title: 'Nothing to replay',
    explanation:
      'Of what was rejected nothing is kept, and of a duplicate only that it came; replay the event that it is the same as.',
  },
  'intake-not-found': {
    title: 'Nothing listens here',
    explanation:
      'The link is wrong, or its subscription is switched off, or nothing of its workflow is published. All look the same to strangers.',
  },
  'event-failed': {
    title: 'No run can be made of the event',
    explanation:
      'The event is in the ledger under `event_id`, with the reason: its data does not satisfy the inputs of the workflow, or an ' +
      'expression of the subscription failed on it. Replay it when that is mended.',
  },
  'run-without-output': {
    title: 'The run has no output',
    explanation:
      'The sender waits for the output (`respond: when_finished`), and the run failed or was cancelled. Its owner sees why.',
  },
  'delivery-unreadable': {
    title: 'The delivery cannot be read',
    explanation: 'What makes it the same event when it comes again (`dedupe_by`) cannot be told from it.',
  },
  'signature-missing': {
    title: 'Not signed',
    explanation:
      'A header that proves where the delivery comes from is missing. The subscription says how it is verified.',
  },
  'signature-invalid': {
    title: 'Wrong signature',
    explanation:
      'The signature does not belong to this body with the secret of the subscription. Nothing of the delivery was kept.',
  },
  'signature-stale': {
    title: 'Signed too long ago',
    explanation:
      'The time of the signature is more than five minutes away from now: it may be a replay. Look at the clocks.',
  },
  'header-repeated': {
    title: 'A header came twice',
    explanation: 'Which of them counts, sender and receiver might see differently. Send it once.',
  },
  'delivery-credentials-invalid': {
    title: 'Wrong credentials',
    explanation: 'The token or password of the delivery is not that of the subscription.',
  },
  'form-invalid': {
    title: 'The form is not filled in right',
    explanation: '`errors` has each field with what is wrong. Nothing was sent.',
  },
  'trigger-unknown': {
    title: 'No such trigger',
    explanation: '`GET /v1/triggers` lists the triggers of this build.',
  },
  'schedule-invalid': {
    title: 'Not a schedule',
    explanation: 'The cron expression or the time zone is wrong; the message names the part and what may stand there.',
  },
  'input-unknown': {
    title: 'The workflow has no such input',
    explanation: '`config.inputs` names an input that the schema of the workflow does not have.',
  },
  'secret-not-needed': {
    title: 'No secret is needed',
    explanation: 'With this way of verifying there is no secret; leave it out.',
  },
};
