import { ApiProperty } from '@nestjs/swagger';
import { JsonObject as JsonObjectField, JsonValue } from '../../common/http/validation/json-field.js';
import { type Json, type JsonObject } from '../../common/json.js';
import { configSchema } from './catalogue.js';
import { type Trigger, type TriggerMode, triggerModes } from './define-trigger.js';

/** A kind of trigger that workflows can be subscribed to. */
export class TriggerResponse {
  /** `trigger_type` of a subscription. @example webhook */
  trigger_type: string;
  /** @example Webhook */
  title: string;
  description: string;
  /**
   * `schedule`: at times that are known before. `webhook`: somebody sends events. `poll`: Seer asks again and again.
   * `form`: a person fills in a page. `internal`: something happened in Seer.
   */
  @ApiProperty({ enum: triggerModes })
  mode: TriggerMode;
  /** Key of the provider whose accounts it works with; null: of none. @example null */
  provider: string | null;
  /** What a connection must be granted for it. @example [] */
  scopes: string[];
  @JsonObjectField({ description: 'JSON Schema of `config`.' })
  config_schema: JsonObject;
  @JsonObjectField({ description: 'JSON Schema of `trigger.data`.' })
  event_schema: JsonObject;
  @JsonValue({ description: 'A `trigger.data`.' })
  sample: Json;
  @JsonObjectField({ description: 'A `config` that works.' })
  example: JsonObject;

  static from(trigger: Trigger): TriggerResponse {
    const needs = trigger.mode === 'poll' ? trigger.needs : undefined;
    return Object.assign(new TriggerResponse(), {
      trigger_type: trigger.key,
      title: trigger.title,
      description: trigger.description,
      mode: trigger.mode,
      provider: needs?.provider ?? null,
      scopes: [...(needs?.scopes ?? [])],
      config_schema: configSchema(trigger),
      event_schema: trigger.event,
      sample: trigger.sample,
      example: trigger.example,
    } satisfies TriggerResponse);
  }
}

export class TriggersResponse {
  items: TriggerResponse[];
}
