import { ApiProperty } from '@nestjs/swagger';
import { IsBoolean, IsString, MaxLength } from 'class-validator';
import { JsonObject as JsonObjectField } from '../../common/http/validation/json-field.js';
import { Optional } from '../../common/http/validation/optional.js';
import { type JsonObject } from '../../common/json.js';
import { formSchemaOf } from './approval-form.js';
import { type Pause } from '../nodes/pause.js';

/** What is asked. */
export class ApprovalResponse {
  /** @example Refund order 17? */
  title: string;
  description: string;
  /** JSON Schema of what a yes has to say besides; null when nothing. */
  @ApiProperty({ type: 'object', additionalProperties: true, nullable: true })
  form: JsonObject | null;
  /** When the approval is closed. */
  until: Date | null;

  static from(pause: Pause): ApprovalResponse {
    const { title, description, until } = pause;
    return Object.assign(new ApprovalResponse(), {
      title: title ?? '',
      description: description ?? '',
      form: formSchemaOf(pause) ?? null,
      until: until === undefined ? null : new Date(until),
    } satisfies ApprovalResponse);
  }
}

export class AnswerApprovalRequest {
  /** Yes or no. */
  @IsBoolean()
  approved: boolean;

  @Optional()
  @JsonObjectField({ required: false, description: 'What the `form` of the approval asks for; needed for a yes only.' })
  form?: JsonObject;

  /** Who answers, as they call themselves. @example Grace */
  @Optional()
  @IsString()
  @MaxLength(255)
  by?: string;
}

export class AnsweredApprovalResponse {
  /** What was answered. */
  approved: boolean;
}
