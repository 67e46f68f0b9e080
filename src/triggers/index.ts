import { prunableDedup } from './events/dedup.prunable.js';
import { prunableEvents } from './events/events.prunable.js';
import { TriggerDedup } from './events/trigger-dedup.entity.js';
import { TriggerEvent } from './events/trigger-event.entity.js';
import { watchSilence } from './silence/watch-silence.job.js';
import { subscriptionSecrets, TriggerSubscription } from './subscriptions/trigger-subscription.entity.js';

export { triggersFindings } from './findings/catalogue.js';
export { type TriggerCatalogue, triggerCatalogue } from './types/catalogue.js';
export { AllSubscriptions } from './oversight/all-subscriptions.service.js';
export { AllSubscriptionsQuery, OwnedSubscriptionPage } from './oversight/all-subscriptions.dto.js';
export { TriggersModule } from './triggers.module.js';
export { triggersProblems } from './triggers-problems.js';
export const triggersEntities = [TriggerSubscription, TriggerEvent, TriggerDedup];
export const triggersSecrets = subscriptionSecrets;
export const triggersJobs = [watchSilence];
export const triggersPrunables = [prunableDedup, prunableEvents];
