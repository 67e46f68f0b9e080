import { applyDecorators } from '@nestjs/common';
import { ApiProperty } from '@nestjs/swagger';
import { Exclude, Transform, Type } from 'class-transformer';
import { Allow, IsObject } from 'class-validator';

/** A class without fields: class-transformer looks at nothing inside a value of this type. */
@Exclude()
class Opaque {}

/**
 * Hands on the very value of the request. Left to itself, class-transformer copies it key by key, leaves some keys out
 * and fails at a `constructor` that is none.
 */
const AsItCame = () =>
  applyDecorators(
    Type(() => Opaque),
    Transform(({ obj, key }: { obj: Record<string, unknown>; key: string }) => obj[key]),
  );

/** Text of the documentation; `required: false` for an optional property, as the `?` of TypeScript is not seen here. */
export interface JsonFieldDocumentation {
  description?: string;
  required?: boolean;
  example?: unknown;
}

/** A DTO property that holds a free JSON object (a spec, inputs, metadata), passed on by reference. */
export const JsonObject = ({ required = true, ...documentation }: JsonFieldDocumentation = {}): PropertyDecorator =>
  applyDecorators(
    AsItCame(),
    IsObject(),
    // For objects @nestjs/swagger takes `required` as the names of required members.
    ApiProperty({ ...documentation, type: 'object', additionalProperties: true, selfRequired: required }),
  );

/** A DTO property that holds any JSON value (of a resume, of an item), passed on by reference. */
export const JsonValue = (documentation: JsonFieldDocumentation = {}): PropertyDecorator =>
  // `Array` beside `oneOf` is how @nestjs/swagger is told to write no `type` of its own.
  applyDecorators(AsItCame(), Allow(), ApiProperty({ ...documentation, type: Array, oneOf: [...jsonTypes] }));

const jsonTypes = [
  { type: 'object', additionalProperties: true },
  { type: 'array', items: {} },
  { type: 'string' },
  { type: 'number' },
  { type: 'boolean' },
  { type: 'null' },
];
