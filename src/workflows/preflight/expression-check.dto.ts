import { IsString, MaxLength } from 'class-validator';
import { JsonObject as JsonObjectField } from '../../common/http/validation/json-field.js';
import { Optional } from '../../common/http/validation/optional.js';
import { type JsonObject } from '../../common/json.js';
import { exampleSpec } from '../workflow.dto.js';

export class CheckExpressionRequest {
  /** CEL, without `${` and `}`. @example todo.body.title */
  @IsString()
  @MaxLength(20_000)
  expression: string;

  @Optional()
  @JsonObjectField({
    required: false,
    example: exampleSpec,
    description: 'The spec that the expression belongs to; it may be incomplete.',
  })
  spec?: JsonObject;

  /**
   * Where in the spec the expression stands: JSON pointer (RFC 6901) of a node, or of anything in it. Left out: at the
   * end, where `output` is. @example /nodes/1
   */
  @Optional()
  @IsString()
  @MaxLength(2_000)
  pointer?: string;
}

export class CheckExpressionResponse {
  ok: boolean;
  /** CEL type of the result; `dyn` when only a run can tell. @example string */
  type: string | null;
  /** What is wrong; null when nothing is. */
  code: string | null;
  message: string | null;
  /** Names that can be used at this place. @example ["inputs","trigger","run","todo"] */
  scope: string[];
}
