import { type ProblemExplanations } from '../common/http/problems/problem-catalogue.js';

/** The problems of authentication, access and API keys. */
export const usersProblems = {
  'credentials-missing': {
    title: 'Credentials missing',
    explanation: 'Send `Authorization: Bearer <credential>` with an API key or a JWT. No other place is looked at.',
  },
  'credentials-invalid': {
    title: 'Credentials not valid',
    explanation:
      'The API key is unknown, revoked or expired, the JWT is not signed by the identity provider, expired, or meant for ' +
      'another audience, or the user is deactivated. Which of these is not told, because it would help those who try keys out.',
  },
  'identity-provider-not-configured': {
    title: 'JWTs not accepted',
    explanation:
      'This installation trusts no identity provider, so only API keys are accepted. The operator sets ' +
      '`SEER_AUTH_ISSUER` and `SEER_AUTH_AUDIENCE` to change that.',
  },
  'identity-provider-unavailable': {
    title: 'Identity provider unavailable',
    explanation:
      'The keys that JWTs are checked with could not be fetched. Repeat the request after `Retry-After`; API keys keep ' +
      'working meanwhile.',
  },
  'identity-webhook-not-configured': {
    title: 'Events of Clerk are not taken',
    explanation:
      'The operator sets `SEER_CLERK_WEBHOOK_SECRET` to the signing secret of the endpoint in the dashboard of Clerk, together ' +
      'with `SEER_AUTH_ISSUER`.',
  },
  'identity-event-invalid': {
    title: 'Not an event of Clerk',
    explanation: 'The delivery is signed, but what a user event of Clerk has is missing. Nothing was changed.',
  },
  'scope-missing': {
    title: 'Scope missing',
    explanation:
      'The credentials are valid, but may not do this. `detail` names the scope that an API key needs for it.',
  },
  'access-undeclared': {
    title: 'Route closed',
    explanation: 'A mistake of Seer: the route does not say who may call it, so nobody may.',
  },
  'user-not-found': {
    title: 'No such user',
    explanation: 'There is no user with this id, or they were deleted.',
  },
  'own-account': {
    title: 'Your own account',
    explanation: 'Nobody can demote, deactivate or delete themselves, so that it does not happen by mistake.',
  },
  'last-administrator': {
    title: 'Last administrator',
    explanation:
      'The only active administrator can be neither demoted, deactivated nor deleted. Make somebody else an ' +
      'administrator first; they can do it then.',
  },
  'user-being-deleted': {
    title: 'User is being deleted',
    explanation: 'A deletion that was begun goes on to its end.',
  },
  'api-key-not-found': {
    title: 'No such API key',
    explanation: 'You have no API key with this id. Keys of other users look the same as unknown ones.',
  },
  'api-key-limit-reached': {
    title: 'Too many API keys',
    explanation: 'A user has at most 100 API keys that are neither revoked nor expired. Revoke one first.',
  },
  'api-key-expiry-in-past': {
    title: 'Expiry in the past',
    explanation: 'A new API key must expire in the future, or never: leave `expires_at` out.',
  },
  'scope-not-held': {
    title: 'Scope not held',
    explanation: 'An API key can have at most the scopes of the credentials that make it.',
  },
} satisfies ProblemExplanations;
