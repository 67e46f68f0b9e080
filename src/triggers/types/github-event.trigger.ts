import { isJsonObject, type JsonObject } from '../../common/json.js';
import { defineTrigger } from './define-trigger.js';

interface GitHubEventConfig extends JsonObject {
  events: string[];
  repository: string | null;
}

/** https://docs.github.com/en/webhooks/webhook-events-and-payloads */
export const githubEvent = defineTrigger<GitHubEventConfig>({
  key: 'github_event',
  title: 'Event of GitHub',
  description:
    'A webhook of a repository or an organization on GitHub: give it the link and the secret of this subscription, and the ' +
    'content type application/json. GitHub signs each delivery; one that it sends again starts nothing.',
  mode: 'webhook',
  config: {
    properties: {
      events: {
        type: 'array',
        maxItems: 100,
        uniqueItems: true,
        items: {
          type: 'string',
          pattern: '^[a-z_]{1,100}$',
          description: 'the name of an event, such as pull_request',
        },
        default: [],
        description: 'Names of the events that start runs, such as `issues`; empty: all but `ping`.',
      },
      repository: {
        type: ['string', 'null'],
        pattern: '^[\\w.-]{1,100}/[\\w.-]{1,100}$',
        default: null,
        description: 'owner/name: only events of this repository.',
      },
    },
  },
  event: {
    type: 'object',
    required: ['event', 'delivery_id', 'payload'],
    additionalProperties: false,
    properties: {
      event: { type: 'string', description: 'X-GitHub-Event.' },
      delivery_id: { type: 'string', description: 'X-GitHub-Delivery.' },
      payload: { type: 'object', description: 'What GitHub sends for this event.' },
    },
  },
  sample: {
    event: 'issues',
    delivery_id: '72d3162e-cc78-11e3-81ab-4c9367dc0958',
    payload: {
      action: 'opened',
      issue: { number: 1347, title: 'Spelling error', html_url: 'https://github.com/octocat/hello-world/issues/1347' },
      repository: { full_name: 'octocat/hello-world' },
      sender: { login: 'octocat' },
    },
  },
  example: { events: ['issues'], repository: 'octocat/hello-world', filter: 'trigger.data.payload.action == "opened"' },
  verification: () => ({ type: 'github' }),
  read({ headers, json }, { events, repository }) {
    const event = headers['x-github-event'] ?? '';
    if (event === '') return 'It has no header X-GitHub-Event.';
    if (!isJsonObject(json)) return 'It is no object.';
    if (events.length > 0 ? !events.includes(event) : event === 'ping')
      return `The event ${event.slice(0, 100)} is not wanted.`;
    const of = isJsonObject(json.repository) ? json.repository.full_name : undefined;
    if (repository !== null && (typeof of !== 'string' || of.toLowerCase() !== repository.toLowerCase())) {
      return `It is not of ${repository}.`;
    }
    // X-GitHub-Delivery is not signed; a payload that comes again under another one is a recording.
    return {
      data: { event, delivery_id: headers['x-github-delivery']!, payload: json },
      key: { event, payload: json },
    };
  },
});
