import { TriggerDedup } from './events/trigger-dedup.entity.js';
import { TriggerEvent } from './events/trigger-event.entity.js';
import { subscriptionSecrets, TriggerSubscription } from './subscriptions/trigger-subscription.entity.js';

export { prunableDedup } from './events/dedup.prunable.js';
export { prunableEvents } from './events/events.prunable.js';
export { type TriggerCatalogue, triggerCatalogue } from './types/catalogue.js';
export { TriggersModule } from './triggers.module.js';
export { triggersProblems } from './triggers-problems.js';
export const triggersEntities = [TriggerSubscription, TriggerEvent, TriggerDedup];
export const triggersSecrets = subscriptionSecrets;
