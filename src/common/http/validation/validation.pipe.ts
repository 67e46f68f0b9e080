import { type ArgumentMetadata, ValidationPipe } from '@nestjs/common';
import { pointerTo } from '../../json.js';
import { RequestInvalidError } from './request-invalid.error.js';
import { faultsOf } from './validation-faults.js';

/** Checks bodies, queries and parameters against their DTO class: unknown fields are refused, values get their types. */
export class RequestValidationPipe extends ValidationPipe {
  constructor() {
    super({
      transform: true,
      whitelist: true,
      forbidNonWhitelisted: true,
      // The target is needed for "did you mean"; neither it nor the value is ever sent.
      validationError: { target: true, value: false },
      exceptionFactory: (errors) => new RequestInvalidError(faultsOf(errors)),
    });
  }

  override async transform(value: unknown, metadata: ArgumentMetadata): Promise<unknown> {
    if (metadata.metatype && this.toValidate(metadata)) refuseOddShapes(value);
    try {
      return await super.transform(value, metadata);
    } catch (error) {
      throw (error instanceof TypeError && stumblingBlock(value)) || error;
    }
  }

  /**
   * Nest would delete the keys `constructor` and `prototype` anywhere in a body, and with them the caller's data: they
   * are harmless names in free JSON. The one key that is not, `__proto__`, does not get into a body (json-hygiene.ts).
   */
  protected override stripProtoKeys(): void {}

  /** Parsed JSON has no gaps in its arrays. */
  protected override closeArrayGaps(): void {}
}

/** What class-transformer would take for the DTO's class, or leave out without a word. */
function refuseOddShapes(value: unknown): void {
  if (value === undefined) return;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new RequestInvalidError([{ pointer: '', code: 'is-object', message: 'The body must be a JSON object.' }]);
  }
  for (const key of ['constructor', '__proto__']) {
    if (!Object.hasOwn(value, key)) continue;
    const message = `There is no field "${key}" here.`;
    throw new RequestInvalidError([{ pointer: `/${key}`, code: 'unknown-field', message }]);
  }
}

/**
 * class-transformer takes a `constructor` inside an object for its class, and fails when it is none, before the validators
 * can say that no object belongs there. Where free JSON is expected it does not look (see json-field.ts).
 */
function stumblingBlock(value: unknown, pointer = ''): RequestInvalidError | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  for (const [key, inner] of Object.entries(value)) {
    const at = pointerTo(pointer, key);
    if (key === 'constructor') {
      const message = 'The key "constructor" is accepted only where any JSON is.';
      return new RequestInvalidError([{ pointer: at, code: 'unknown-field', message }]);
    }
    const found = stumblingBlock(inner, at);
    if (found) return found;
  }
  return undefined;
}
