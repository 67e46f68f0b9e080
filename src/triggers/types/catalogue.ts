import { type JsonObject } from '../../common/json.js';
import { cronSchedule } from './cron-schedule.trigger.js';
import { type Trigger } from './define-trigger.js';
import { formSubmission } from './form-submission.trigger.js';
import { githubEvent } from './github-event.trigger.js';
import { gmailEmailReceived } from './gmail-email-received.trigger.js';
import { googleSheetsRowAdded } from './google-sheets-row-added.trigger.js';
import { httpPoll } from './http-poll.trigger.js';
import { rssItem } from './rss-item.trigger.js';
import { supabaseDbChanges } from './supabase-db-changes.trigger.js';
import { webhook } from './webhook.trigger.js';
import { workflowFinished } from './workflow-finished.trigger.js';

/** Every kind of trigger; a new one is a file beside this one and a line here. */
export const triggers: readonly Trigger[] = [
  cronSchedule,
  webhook,
  formSubmission,
  githubEvent,
  supabaseDbChanges,
  workflowFinished,
  gmailEmailReceived,
  googleSheetsRowAdded,
  rssItem,
  httpPoll,
];

/** Kinds of trigger by key. */
export type TriggerCatalogue = ReadonlyMap<string, Trigger>;

/** The kinds of trigger of this application, a {@link TriggerCatalogue}; injectable. */
export const TRIGGER_CATALOGUE = Symbol('trigger catalogue');

/** @throws Error for a catalogue that contradicts itself: the boot stops and says what to change */
export function catalogueOf(list: readonly Trigger[]): TriggerCatalogue {
  const catalogue = new Map<string, Trigger>();
  for (const trigger of list) {
    if (catalogue.has(trigger.key)) throw new Error(`Two triggers are called "${trigger.key}"; rename one of them.`);
    catalogue.set(trigger.key, trigger);
  }
  return catalogue;
}

export const triggerCatalogue = catalogueOf(triggers);

const expression = (description: string) => ({ type: 'string', minLength: 1, maxLength: 10_000, description });

/** What every subscription may have in its config, whatever its trigger. */
const shared: JsonObject = {
  filter: expression('CEL over `trigger`: only events of which it is true start a run.'),
  inputs: {
    type: 'object',
    maxProperties: 100,
    additionalProperties: expression('CEL over `trigger`.'),
    description:
      'Inputs of the workflow, each with CEL over `trigger`. Without it, the data of the event is the inputs.',
  },
};

/** The JSON Schema of the whole `config` of a subscription to this trigger. */
export function configSchema({ config }: Trigger): JsonObject {
  const own = config.properties as JsonObject;
  return { type: 'object', additionalProperties: false, ...config, properties: { ...own, ...shared } };
}

/** The JSON Schema of what expressions see as `trigger`. */
export function triggerSchema({ key, event }: Trigger): JsonObject {
  return {
    type: 'object',
    additionalProperties: false,
    required: ['type', 'subscription_id', 'event_id', 'occurred_at', 'data'],
    properties: {
      type: { const: key, type: 'string' },
      subscription_id: { type: 'string' },
      event_id: { type: 'string' },
      occurred_at: { type: 'string' },
      data: event,
    },
  };
}
