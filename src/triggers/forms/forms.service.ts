import { Injectable } from '@nestjs/common';
import { type Fault } from '../../common/errors.js';
import { type FormState } from '../../common/html/schema-form.js';
import { formValues } from '../../common/html/schema-form.js';
import { type Json, type JsonObject } from '../../common/json.js';
import { schemaValidator } from '../../common/json-schema.js';
import { newUuid } from '../../common/public-id.js';
import { type ActiveSubscription, ActiveSubscriptions } from '../intake/active-subscription.js';
import { EventIntake, type EventOutcome } from '../intake/event-intake.js';
import { EventFailedError, IntakeNotFoundError } from '../intake/intake.errors.js';
import { IntakeLinks } from '../intake/intake-links.js';
import { SubscriptionPlans } from '../intake/subscription-plan.js';
import { type FormTrigger } from '../types/define-trigger.js';
import { formPage, SUBMISSION } from './form-page.js';
import { FormInvalidError } from './form.errors.js';

/** A form that takes answers at this moment. */
export interface OpenForm {
  readonly subscription: ActiveSubscription;
  readonly form: ReturnType<FormTrigger['page']>;
}

/** What somebody has filled in. */
export interface Submission {
  readonly values: Json;
  /** The same when it is sent twice. */
  readonly id: string;
}

const uuid = /^[0-9a-f-]{36}$/;

/** Forms by their link. */
@Injectable()
export class FormsService {
  constructor(
    private readonly links: IntakeLinks,
    private readonly subscriptions: ActiveSubscriptions,
    private readonly plans: SubscriptionPlans,
    private readonly intake: EventIntake,
  ) {}

  /** @throws IntakeNotFoundError */
  async find(token: string): Promise<OpenForm> {
    const subscriptionId = this.links.subscriptionOf(token);
    const subscription = subscriptionId === undefined ? undefined : await this.subscriptions.find(subscriptionId);
    const type = subscription && this.plans.of(subscription).type;
    if (!subscription || type?.mode !== 'form') throw new IntakeNotFoundError();
    return { subscription, form: type.page(subscription.config) };
  }

  pageOf({ form }: OpenForm, token: string, state?: FormState, submission: string = newUuid()): string {
    return formPage(form, token, submission, state);
  }

  /** What a page has sent. */
  submissionOf({ form }: OpenForm, sent: URLSearchParams): Submission & { values: JsonObject } {
    const id = sent.get(SUBMISSION) ?? '';
    return { values: formValues(form.fields, sent), id: uuid.test(id) ? id : newUuid() };
  }

  /** @throws FormInvalidError with pointers into the values, EventFailedError, DatabaseUnavailableError */
  async submit({ subscription, form }: OpenForm, { values, id }: Submission): Promise<EventOutcome> {
    const faults: Fault[] = schemaValidator(form.fields).validate(values);
    if (faults.length > 0) throw new FormInvalidError(faults);
    const outcome = await this.intake.deliver(subscription, { data: values, key: { submission: id } });
    if (outcome.verdict === 'failed') throw new EventFailedError(outcome);
    return outcome;
  }
}
