import { type DynamicModule, Global, Module } from '@nestjs/common';
import { WorkflowsModule } from '../workflows/index.js';
import { EventsController } from './events/events.controller.js';
import { EventsService } from './events/events.service.js';
import { Ledger } from './events/ledger.js';
import { FormsController } from './forms/forms.controller.js';
import { FormsService } from './forms/forms.service.js';
import { ActiveSubscriptions } from './intake/active-subscription.js';
import { EventIntake } from './intake/event-intake.js';
import { FinishedRuns } from './intake/finished-runs.js';
import { IntakeLinks } from './intake/intake-links.js';
import { SubscriptionPlans } from './intake/subscription-plan.js';
import { AllSubscriptions } from './oversight/all-subscriptions.service.js';
import { PollFailures } from './polls/poll-failures.js';
import { Poller } from './polls/poller.js';
import { PollStore } from './polls/poll-store.js';
import { Scheduler } from './schedules/scheduler.js';
import { SilenceWatch } from './silence/silence-watch.js';
import { LastEvents } from './subscriptions/last-events.js';
import { SubscriptionConnections } from './subscriptions/subscription-connections.js';
import { SubscriptionPortability } from './subscriptions/subscription-portability.js';
import { SubscriptionSecrets } from './subscriptions/subscription-secrets.js';
import { SubscriptionTimes } from './subscriptions/subscription-times.js';
import { SubscriptionTrials } from './subscriptions/subscription-trials.js';
import { SubscriptionsController } from './subscriptions/subscriptions.controller.js';
import { SubscriptionsService } from './subscriptions/subscriptions.service.js';
import { TRIGGER_CATALOGUE, type TriggerCatalogue } from './types/catalogue.js';
import { TriggersController } from './types/triggers.controller.js';
import { HooksController } from './webhooks/hooks.controller.js';
import { WebhooksService } from './webhooks/webhooks.service.js';

/** When to do it: subscriptions, the events that come to them, and what becomes of each. */
@Global()
@Module({})
export class TriggersModule {
  static forRoot(catalogue: TriggerCatalogue): DynamicModule {
    return {
      module: TriggersModule,
      imports: [WorkflowsModule],
      controllers: [TriggersController, SubscriptionsController, EventsController, HooksController, FormsController],
      providers: [
        { provide: TRIGGER_CATALOGUE, useValue: catalogue },
        ActiveSubscriptions,
        AllSubscriptions,
        EventIntake,
        EventsService,
        FinishedRuns,
        FormsService,
        IntakeLinks,
        LastEvents,
        Ledger,
        PollFailures,
        Poller,
        PollStore,
        Scheduler,
        SilenceWatch,
        SubscriptionConnections,
        SubscriptionPlans,
        SubscriptionPortability,
        SubscriptionSecrets,
        SubscriptionsService,
        SubscriptionTimes,
        SubscriptionTrials,
        WebhooksService,
      ],
      exports: [AllSubscriptions],
    };
  }
}
