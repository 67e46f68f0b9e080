import { type Fault } from '../../common/errors.js';
import { type Json, type JsonObject } from '../../common/json.js';
import { type Access, type CredentialNeeds } from '../../integrations/index.js';
import { type FiringPolicy } from '../schedules/firing-policy.js';
import { type Schedule } from '../schedules/schedule.js';
import { type Delivery } from '../../common/webhooks/delivery.js';

/**
 * How events come. `schedule`: at times that are known before. `webhook`: somebody sends them. `poll`: Seer asks again and
 * again. `form`: a person fills in a page. `internal`: something happened in Seer.
 */
export type TriggerMode = 'schedule' | 'webhook' | 'poll' | 'form' | 'internal';
export const triggerModes: TriggerMode[] = ['schedule', 'webhook', 'poll', 'form', 'internal'];

/** What every kind of trigger says of itself. */
interface TriggerBase<Config extends JsonObject> {
  /** What it is called in `trigger_type`: lower-case letters, digits, `_`. */
  readonly key: string;
  readonly title: string;
  readonly description: string;
  /**
   * JSON Schema of `config`: an object, of which the defaults are filled in when it is stored. What all triggers have
   * (`filter`, `inputs`) is added to it.
   */
  readonly config: JsonObject;
  /** JSON Schema of `trigger.data`. */
  readonly event: JsonObject;
  /** A `trigger.data`, for the documentation and for dry runs. */
  readonly sample: Json;
  /** A `config` that works, for the documentation. */
  readonly example: JsonObject;
  /** Faults that a schema can't tell, with pointers into `config`. */
  check?(config: Config): Fault[];
  /** What there is to know before it is used, for whoever publishes the workflow; undefined: nothing. */
  warn?(config: Config): string | undefined;
}

export interface ScheduleTrigger<Config extends JsonObject = JsonObject> extends TriggerBase<Config> {
  readonly mode: 'schedule';
  /** @throws ScheduleInvalidError for a config that `check` finds faults in */
  schedule(config: Config): Schedule;
  policy(config: Config): FiringPolicy;
  /** `trigger.data` of a time. @param firedAt by the clock of the database */
  dataOf(time: Date, firedAt: Date, config: Config): JsonObject;
}

/** A delivery that has proved where it comes from. */
export interface ReceivedDelivery extends Delivery {
  /** Of the body. */
  readonly json: Json;
  /** The sender's own id of the event, where the way of signing has one. */
  readonly id: string | undefined;
}

/** An event as a trigger makes it of what came. */
export interface IncomingEvent {
  readonly data: Json;
  /** What makes it the same event when it comes again; its data, when left out. */
  readonly key?: Json;
  /** When it happened, if that is known. */
  readonly occurredAt?: Date;
}

export interface WebhookTrigger<Config extends JsonObject = JsonObject> extends TriggerBase<Config> {
  readonly mode: 'webhook';
  /** How a delivery proves where it comes from: a scheme's key as `type`, and its options. */
  verification(config: Config): { readonly type: string } & JsonObject;
  /** Names (lower case) of the headers that `read` makes data of. */
  headers?(config: Config): readonly string[];
  /** The sender is answered with the output of the run, when this is over. */
  answersWithOutput?(config: Config): boolean;
  /** @returns the event, or why this delivery is none that is wanted, in a sentence */
  read(delivery: ReceivedDelivery, config: Config): IncomingEvent | string;
}

/** What a poll is told. */
export interface PollRequest<Config extends JsonObject, Cursor extends JsonObject> {
  readonly config: Config;
  /** What the last poll has returned; undefined for the first one, which starts from now: it only looks where that is. */
  readonly cursor: Cursor | undefined;
  /** Milliseconds since the epoch, by the clock of the database. */
  readonly now: number;
}

/** What a poll has found. It is stored with the cursor in one transaction. */
export interface PollResult<Cursor extends JsonObject = JsonObject> {
  /** Oldest first. `key` tells the same item when it is seen again. */
  readonly events: readonly (IncomingEvent & { readonly key: Json })[];
  readonly cursor: Cursor;
  /** There is more to be read now. */
  readonly more?: boolean;
}

export interface PollTrigger<
  Config extends JsonObject = JsonObject,
  Cursor extends JsonObject = JsonObject,
> extends TriggerBase<Config> {
  readonly mode: 'poll';
  /** What it asks with: an account (`connection_id` in its config), a resource (`resource_id`), or nothing. */
  readonly needs: Omit<CredentialNeeds, 'key'>;
  /** @throws ToolError, or an error of egress, when it can't be told what is new */
  poll(access: Access, request: PollRequest<Config, Cursor>): Promise<PollResult<Cursor>>;
}

export interface FormTrigger<Config extends JsonObject = JsonObject> extends TriggerBase<Config> {
  readonly mode: 'form';
  /** What the page shows; `fields` is a JSON Schema. */
  page(config: Config): { title: string; description: string; fields: JsonObject; submit: string; success: string };
}

export interface InternalTrigger<Config extends JsonObject = JsonObject> extends TriggerBase<Config> {
  readonly mode: 'internal';
}

export type Trigger<Config extends JsonObject = JsonObject> =
  | ScheduleTrigger<Config>
  | WebhookTrigger<Config>
  | PollTrigger<Config>
  | FormTrigger<Config>
  | InternalTrigger<Config>;

/** Defines a kind of trigger: one file beside this one, and one line in the catalogue. */
export function defineTrigger<Config extends JsonObject, Cursor extends JsonObject = JsonObject>(
  trigger:
    | ScheduleTrigger<Config>
    | WebhookTrigger<Config>
    | PollTrigger<Config, Cursor>
    | FormTrigger<Config>
    | InternalTrigger<Config>,
): Trigger {
  return trigger as unknown as Trigger;
}
