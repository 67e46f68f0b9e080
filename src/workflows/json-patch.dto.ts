import { IsIn, IsString, MaxLength } from 'class-validator';
import { JsonValue } from '../common/http/validation/json-field.js';
import { Optional } from '../common/http/validation/optional.js';
import { type Json } from '../common/json.js';

const operations = ['add', 'remove', 'replace', 'move', 'copy', 'test'] as const;

/** One operation of a JSON Patch (RFC 6902). */
export class JsonPatchOperation {
  /** @example replace */
  @IsIn(operations)
  op: (typeof operations)[number];

  /** JSON pointer (RFC 6901) of what is changed. @example /nodes/0/inputs/url */
  @IsString()
  @MaxLength(2_000)
  path: string;

  /** JSON pointer of the source, for `move` and `copy`. @example /nodes/1 */
  @Optional()
  @IsString()
  @MaxLength(2_000)
  from?: string;

  @JsonValue({ required: false, description: 'The new value, for `add`, `replace` and `test`.' })
  value?: Json;
}
