import { type ProblemExplanations } from '../common/http/problems/problem-catalogue.js';

/** The problems of providers and connections. */
export const oauthProblems = {
  'provider-not-found': {
    title: 'No such provider',
    explanation: 'There is no provider with this key. `GET /v1/integrations/providers` lists them.',
  },
  'provider-not-configured': {
    title: 'Provider not configured',
    explanation:
      'This installation is not registered with the provider. An operator sets `SEER_OAUTH_<PROVIDER>_CLIENT_ID` and ' +
      '`SEER_OAUTH_<PROVIDER>_CLIENT_SECRET`, or an administrator stores both with `PUT /v1/admin/oauth-clients/{provider}`.',
  },
  'connection-not-found': {
    title: 'No such connection',
    explanation: 'You have no connection with this id. Connections of other users look the same as unknown ones.',
  },
  'connection-needs-reauth': {
    title: 'Connection must be connected again',
    explanation:
      'The provider refuses the tokens of the connection for good, so only the owner of the account can help. ' +
      '`GET /v1/integrations/connections/{id}/health` has a link to connect it again; it keeps its id.',
  },
  'connection-unavailable': {
    title: 'Provider gives no token at the moment',
    explanation:
      'The access token has ended, and the provider did not give a new one: it is away, overloaded, or refuses this ' +
      'installation. Seer tries again after `Retry-After`, not before.',
  },
  'oauth-state-invalid': {
    title: 'Authorization not known',
    explanation:
      'Whoever comes back from a provider must have set out from here: less than 10 minutes ago, in the same browser, for ' +
      'the same provider, and only once. Begin again.',
  },
  'oauth-answer-invalid': {
    title: 'No answer to this authorization',
    explanation:
      'The browser came back with parameters that the provider did not send, or sent about something else: another issuer ' +
      '(RFC 9207), no code, or something twice. Nothing was stored, and the authorization is over. Begin again.',
  },
  'oauth-authorization-refused': {
    title: 'Authorization refused',
    explanation: 'The provider, or the person in front of it, did not allow it. Nothing was stored.',
  },
  'oauth-authorization-failed': {
    title: 'Authorization failed',
    explanation: 'The provider could not be reached, or its answer could not be used. Nothing was stored. Begin again.',
  },
  'oauth-account-mismatch': {
    title: 'Another account',
    explanation:
      'A connection is connected again with the account it belongs to. To use another account, connect it as a connection ' +
      'of its own.',
  },
  'oauth-scope-invalid': {
    title: 'Scope not valid',
    explanation: 'Scopes are printable ASCII without spaces, quotes and backslashes (RFC 6749, 3.3).',
  },
  'redirect-not-allowed': {
    title: 'Redirect not allowed',
    explanation:
      'Browsers are sent only to origins that the operator lists in `SEER_FRONTEND_ORIGINS`, such as ' +
      '`https://app.example.com`; `redirect_to` is an absolute URL of one of them, without user name and password.',
  },
  'connect-link-invalid': {
    title: 'Link not valid',
    explanation: 'The link was altered, or is older than seven days. Ask for a new one.',
  },
} satisfies ProblemExplanations;
