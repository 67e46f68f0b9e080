import { Injectable } from '@nestjs/common';
import { DomainError } from '../../common/errors.js';
import { WindowCounts } from '../../common/http/rate-limit.js';
import { type Json, type JsonObject } from '../../common/json.js';
import { ExpressionError, RunWaiter, RunReader } from '../../workflows/index.js';
import { type ActiveSubscription, ActiveSubscriptions } from '../intake/active-subscription.js';
import { EventIntake, type EventOutcome } from '../intake/event-intake.js';
import { IntakeLinks } from '../intake/intake-links.js';
import {
  DeliveryUnreadableError,
  EventFailedError,
  IntakeNotFoundError,
  RunWithoutOutputError,
} from '../intake/intake.errors.js';
import { SubscriptionPlans } from '../intake/subscription-plan.js';
import { SubscriptionSecrets } from '../subscriptions/subscription-secrets.js';
import { type IncomingEvent, type ReceivedDelivery, type WebhookTrigger } from '../types/define-trigger.js';
import { bodyOf } from './delivery-body.js';
import { type Delivery } from '../../common/webhooks/delivery.js';
import { verificationSchemeCatalogue } from './schemes/catalogue.js';

/** What a sender is answered. */
export type HookAnswer =
  | { readonly kind: 'taken'; readonly outcome: EventOutcome }
  | { readonly kind: 'output'; readonly outcome: EventOutcome; readonly output: Json }
  | { readonly kind: 'challenge'; readonly body: JsonObject };

/** Refused deliveries of one subscription that are put into the ledger in a minute, by each process: others are forgotten. */
const REFUSALS_PER_MINUTE = 20;

/** Deliveries by their link: verified, made an event, and given to the intake. */
@Injectable()
export class WebhooksService {
  private readonly refusals = new WindowCounts();

  constructor(
    private readonly links: IntakeLinks,
    private readonly subscriptions: ActiveSubscriptions,
    private readonly plans: SubscriptionPlans,
    private readonly secrets: SubscriptionSecrets,
    private readonly intake: EventIntake,
    private readonly reader: RunReader,
    private readonly waiter: RunWaiter,
  ) {}

  /**
   * @throws IntakeNotFoundError; DeliveryRefusedError and errors of the body, of which the ledger has a line;
   * EventFailedError; RunWithoutOutputError
   */
  async receive(token: string, delivery: Delivery): Promise<HookAnswer> {
    const uuid = this.links.subscriptionOf(token);
    const subscription = uuid === undefined ? undefined : await this.subscriptions.find(uuid);
    const type = subscription && this.plans.of(subscription).type;
    if (!subscription || type?.mode !== 'webhook') throw new IntakeNotFoundError();
    try {
      const received = await this.verified(subscription, type, delivery);
      if ('challenge' in received) return { kind: 'challenge', body: received.challenge };
      return await this.take(subscription, type, received);
    } catch (error) {
      if (isRefusal(error)) await this.refuse(subscription, error);
      throw error;
    }
  }

  private async verified(
    subscription: ActiveSubscription,
    type: WebhookTrigger,
    delivery: Delivery,
  ): Promise<ReceivedDelivery | { challenge: JsonObject }> {
    const options = type.verification(subscription.config);
    const scheme = verificationSchemeCatalogue.get(options.type)!;
    const secrets = scheme.secret ? await this.secrets.open(subscription) : [];
    const { id } = await scheme.verify(delivery, options, secrets, Date.now());
    const challenge = scheme.challenge?.(delivery);
    if (challenge) return { challenge };
    return { ...delivery, json: bodyOf(delivery, scheme.acceptsForms ?? false), id };
  }

  private async take(
    subscription: ActiveSubscription,
    type: WebhookTrigger,
    delivery: ReceivedDelivery,
  ): Promise<HookAnswer> {
    const event = readEvent(type, delivery, subscription.config);
    if (typeof event === 'string') {
      return { kind: 'taken', outcome: await this.intake.ignore(subscription, delivery.json, event) };
    }
    if (type.answersWithOutput?.(subscription.config)) return this.takeAndWait(subscription, event);
    return { kind: 'taken', outcome: await this.deliver(subscription, event) };
  }

  /** Answers with the output of the run; of a delivery that came again, of the run which the first one has started. */
  private async takeAndWait(subscription: ActiveSubscription, event: IncomingEvent): Promise<HookAnswer> {
    const { user_id: userId } = subscription;
    const { started, status, end } = await this.waiter.startAndWait(userId, (patience) =>
      this.deliver(subscription, event, patience),
    );
    const { runId } = started;
    if (runId === null) return { kind: 'taken', outcome: started };
    if (status === 'FAILED' || status === 'CANCELLED') throw new RunWithoutOutputError(runId);
    if (status !== 'COMPLETED') return { kind: 'taken', outcome: started };
    return {
      kind: 'output',
      outcome: started,
      output: end ? end.outputs : await this.reader.outputOf({ userId }, runId),
    };
  }

  /** @throws EventFailedError */
  private async deliver(
    subscription: ActiveSubscription,
    event: IncomingEvent,
    patience?: number,
  ): Promise<EventOutcome> {
    const outcome = await this.intake.deliver(subscription, event, patience);
    if (outcome.verdict === 'failed') throw new EventFailedError(outcome);
    return outcome;
  }

  /** Nothing of a refused delivery is kept but that there was one; and of many of them, not even that. */
  private async refuse(subscription: ActiveSubscription, error: DomainError): Promise<void> {
    if (this.refusals.hit(subscription.id).hits > REFUSALS_PER_MINUTE) return;
    await this.intake.reject(subscription, `${error.code}: ${error.message}`);
  }
}

/** @throws DeliveryUnreadableError */
function readEvent(type: WebhookTrigger, delivery: ReceivedDelivery, config: JsonObject) {
  try {
    return type.read(delivery, config);
  } catch (error) {
    if (error instanceof ExpressionError) throw new DeliveryUnreadableError(`dedupe_by: ${error.message}`);
    throw error;
  }
}

/** What the sender did wrong before there was an event. */
function isRefusal(error: unknown): error is DomainError {
  return (
    error instanceof DomainError &&
    error.kind !== 'unavailable' &&
    !(error instanceof EventFailedError) &&
    error.kind !== 'bad-gateway'
  );
}
