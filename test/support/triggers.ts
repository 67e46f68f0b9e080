import { setTimeout as delay } from 'node:timers/promises';
import { type JsonObject } from '../../src/common/json.js';
import { type Client } from './client.js';
import { makePublished, specOf } from './factories.js';

/** Gives back what started it, and what it was started with. */
export const echoSpec = specOf([{ id: 'echo', type: 'set', value: { trigger: '${trigger}', inputs: '${inputs}' } }], {
  output: '${echo}',
});

/** @returns the subscription, with its secret if it has one */
export async function subscribe(
  client: Client,
  workflowId: string,
  triggerType: string,
  config: JsonObject = {},
  more: object = {},
) {
  const request = { workflow_id: workflowId, trigger_type: triggerType, config, ...more };
  const { status, body } = await client.post('/v1/trigger-subscriptions', request);
  if (status !== 201) throw new Error(JSON.stringify(body));
  return body;
}

/** A published workflow that echoes, subscribed. */
export async function subscribeEcho(client: Client, triggerType: string, config: JsonObject = {}, more: object = {}) {
  return subscribe(client, await makePublished(client, echoSpec), triggerType, config, more);
}

/** The events of a subscription, newest first. */
export async function eventsOf(client: Client, subscriptionId: string) {
  return (await client.get(`/v1/trigger-events?subscription_id=${subscriptionId}&limit=100`)).body.items;
}

/** Asks until there are so many events of a subscription. @returns them, newest first */
export async function untilEvents(client: Client, subscriptionId: string, count: number) {
  for (const late = Date.now() + 60_000; Date.now() < late; await delay(20)) {
    const events = await eventsOf(client, subscriptionId);
    if (events.length >= count) return events;
  }
  throw new Error(`${subscriptionId} does not come to ${count} events`);
}

/** The path of a link to the server that is tested. */
export const pathOf = (link: string): string => new URL(link).pathname;
