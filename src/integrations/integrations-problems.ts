import { type ProblemExplanations } from '../common/http/problems/problem-catalogue.js';

/** What nodes can lack to work with; each is also a finding of the preflight. */
export const credentialProblems = {
  'connection-missing': {
    title: 'No account is connected',
    explanation:
      'The node needs an account of a provider, and none is connected. `GET /v1/integrations/{provider}/authorize` begins.',
  },
  'connection-ambiguous': {
    title: 'Which account?',
    explanation: 'Several accounts of the provider are connected. Name one in `connection` of the node.',
  },
  'connection-unfit': {
    title: 'The connection does not fit',
    explanation: 'The node names an account of another provider than its tool works with.',
  },
  'connection-scopes-missing': {
    title: 'The connection lacks scopes',
    explanation:
      'The owner of the account has not allowed what the tool needs. Connect it again with these scopes; it keeps its id. ' +
      '`GET /v1/integrations/{provider}/scopes?tools=` says which ones.',
  },
  'resource-missing': {
    title: 'No such resource is saved',
    explanation:
      'The node needs a resource of a type of which you have none. `POST /v1/integrations/resources` saves one.',
  },
  'resource-ambiguous': {
    title: 'Which resource?',
    explanation: 'You have several resources that the node could use. Name one in its `resource`.',
  },
  'resource-unfit': {
    title: 'The resource does not fit',
    explanation: 'The node names a resource of another type than its tool works with, or one without its account.',
  },
} satisfies ProblemExplanations;

/** The problems of tools and resources. */
export const integrationsProblems = {
  ...credentialProblems,
  'tool-not-found': {
    title: 'No such tool',
    explanation: 'There is no tool with this key for this provider. `GET /v1/registries/tools` lists them.',
  },
  'resource-not-found': {
    title: 'No such resource',
    explanation: 'You have no resource with this id. Resources of other users look the same as unknown ones.',
  },
  'resource-invalid': {
    title: 'The resource is not valid',
    explanation:
      'It does not satisfy its type: `errors` has each fault. `GET /v1/integrations/resource-types` has the schemas.',
  },
  'secret-not-found': { title: 'No such secret', explanation: 'The resource has no secret with this key.' },
  'secrets-bound': {
    title: 'Secrets stay where they were given for',
    explanation:
      'A change would send the secrets of the resource to another host, or without encryption. Whoever may change a resource ' +
      'need not know its secrets, so they do not follow: delete them first, then change it and store them again.',
  },
  'not-browsable': {
    title: 'Nothing of this kind to browse',
    explanation: 'No provider has things of this kind to choose from. The message names what there is.',
  },
  'browsing-invalid': {
    title: 'The list is not asked for like that',
    explanation:
      '`parent`, `query` or `cursor` is missing, is given where there is none, or has not the form that it needs.',
  },
  'browsing-refused': {
    title: 'The provider does not give the list',
    explanation: 'The other side says no, in words that the message has; asking again as before changes nothing.',
  },
  'browsing-unavailable': {
    title: 'The provider gives no list at the moment',
    explanation: 'The other side is away, overloaded, or wants to be asked less often. Ask again after `Retry-After`.',
  },
  'secret-bound': {
    title: 'The secret may not be sent there',
    explanation: 'A node with a resource or an account reaches only the hosts that these are for.',
  },
  'read-only': {
    title: 'The statement would change something',
    explanation:
      'A node with `postgres.query` only reads, and runs only what returns rows, unless its input `write` is true. Nothing was ' +
      'changed.',
  },
  'database-is-own': {
    title: "That is Seer's own database",
    explanation:
      "No workflow may work with the database that Seer itself stands on, whatever address, name or role it is reached by: it holds everybody's data.",
  },
} satisfies ProblemExplanations;
