import { EntityManager } from '@mikro-orm/postgresql';
import { Inject, Injectable } from '@nestjs/common';
import { Audit } from '../../common/audit/audit.js';
import { dateOf } from '../../common/database/sql-date.js';
import { type Json } from '../../common/json.js';
import { type Principal } from '../../users/index.js';
import { EventsService } from '../events/events.service.js';
import { type EventResponse } from '../events/event.dto.js';
import { type ActiveSubscription, ActiveSubscriptions } from '../intake/active-subscription.js';
import { EventIntake } from '../intake/event-intake.js';
import { delayOf } from '../schedules/due-slots.js';
import { TRIGGER_CATALOGUE, type TriggerCatalogue } from '../types/catalogue.js';
import { knownTrigger } from './subscription-rules.js';
import { SubscriptionInactiveError, SubscriptionUnfitError } from './subscription.errors.js';
import {
  type EventDataRequest,
  type EventTestResponse,
  type UpcomingQuery,
  type UpcomingResponse,
} from './subscription.dto.js';
import { SubscriptionsService } from './subscriptions.service.js';
import { type TriggerSubscription } from './trigger-subscription.entity.js';

/** Looking what subscriptions do, before anything happens by itself. */
@Injectable()
export class SubscriptionTrials {
  constructor(
    private readonly em: EntityManager,
    private readonly subscriptions: SubscriptionsService,
    private readonly active: ActiveSubscriptions,
    private readonly intake: EventIntake,
    private readonly events: EventsService,
    private readonly audit: Audit,
    @Inject(TRIGGER_CATALOGUE) private readonly catalogue: TriggerCatalogue,
  ) {}

  /** @throws SubscriptionNotFoundError, SubscriptionInactiveError */
  async test(caller: Principal, publicId: string, { data }: EventDataRequest): Promise<EventTestResponse> {
    const subscription = await this.subscriptions.find(caller, publicId);
    const looked = this.intake.look(await this.activeOne(subscription, publicId), {
      data: data ?? this.sampleOf(subscription),
    });
    const isAccepted = looked.verdict === 'accepted';
    return {
      verdict: looked.verdict,
      reason: isAccepted ? null : looked.reason,
      trigger: looked.trigger,
      inputs: isAccepted ? looked.inputs : null,
    };
  }

  /** @throws SubscriptionNotFoundError, SubscriptionInactiveError */
  async fire(caller: Principal, publicId: string, { data }: EventDataRequest): Promise<EventResponse> {
    const subscription = await this.subscriptions.find(caller, publicId);
    const active = await this.activeOne(subscription, publicId);
    // Before it: the event goes in with its run, in a statement that carries many.
    await this.audit.record(this.em, { action: 'subscription.fired', object: publicId });
    const { eventId } = await this.intake.deliver(active, {
      data: data ?? this.sampleOf(subscription),
      isRepeat: true,
    });
    return this.events.ofUuid(caller, eventId);
  }

  /** @throws SubscriptionNotFoundError, SubscriptionUnfitError */
  async upcoming(caller: Principal, publicId: string, { limit, after }: UpcomingQuery): Promise<UpcomingResponse> {
    const { triggerType, config, subscriptionId } = await this.subscriptions.find(caller, publicId);
    const type = knownTrigger(this.catalogue, triggerType);
    if (type.mode !== 'schedule')
      throw new SubscriptionUnfitError(`${publicId} follows no schedule: nobody knows when it fires.`);
    const [row] = await this.em.execute<[{ now: string }]>('select now()');
    const from = after === undefined ? dateOf(row.now) : new Date(after);
    const delay = delayOf(subscriptionId, type.policy(config));
    const slots = type.schedule(config).upcoming(new Date(from.getTime() - delay), limit);
    return { items: slots.map((slot) => new Date(slot.getTime() + delay)) };
  }

  private async activeOne({ subscriptionId }: TriggerSubscription, publicId: string): Promise<ActiveSubscription> {
    const active = await this.active.find(subscriptionId);
    if (!active) throw new SubscriptionInactiveError(publicId);
    return active;
  }

  private sampleOf({ triggerType }: TriggerSubscription): Json {
    return knownTrigger(this.catalogue, triggerType).sample;
  }
}
