import { DomainError, type Fault } from '../../common/errors.js';

/** What was filled in is not what the form asks for. */
export class FormInvalidError extends DomainError {
  readonly code = 'form-invalid';
  readonly kind = 'invalid';

  constructor(override readonly faults: readonly Fault[]) {
    super('The form is not filled in as it should be; errors has each field with what is wrong.');
  }
}
