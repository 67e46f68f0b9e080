import { DomainError, type Fault } from '../../errors.js';

/** Fields of body or query are missing, wrong or unknown: one fault for each. */
export class RequestInvalidError extends DomainError {
  readonly code: 'request-invalid' | 'unknown-field';
  readonly kind = 'malformed';
  override readonly faults: readonly Fault[];

  constructor(faults: readonly Fault[]) {
    const [first, ...others] = faults;
    const more = others.length > 0 ? ` (and ${others.length} more, see errors)` : '';
    super(`${first?.message ?? 'The request is not valid.'}${more}`);
    this.code = faults.every(({ code }) => code === 'unknown-field') ? 'unknown-field' : 'request-invalid';
    this.faults = faults;
  }
}
