import { ValidateIf } from 'class-validator';

/** A field that may be left out. Unlike `@IsOptional()`, it refuses null: null is a value, and not one of this field. */
export const Optional = (): PropertyDecorator => ValidateIf((_object, value) => value !== undefined);
