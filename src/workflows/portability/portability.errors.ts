import { DomainError, type Fault } from '../../common/errors.js';

/** What somebody brings is no exported workflow. */
export class DocumentInvalidError extends DomainError {
  readonly code = 'document-invalid';
  readonly kind = 'invalid';
  override readonly faults: Fault[];

  constructor(faults: readonly Fault[]) {
    const [first] = faults;
    super(
      `The document is no exported workflow: at "${first?.pointer ?? ''}", ${first?.message ?? 'it is no object'}.`,
    );
    this.faults = faults.map((fault) => ({ ...fault, pointer: `/document${fault.pointer}` }));
  }
}

/** It was exported by a build that knows more. */
export class FormatVersionUnsupportedError extends DomainError {
  readonly code = 'format-version-unsupported';
  readonly kind = 'invalid';
  override readonly faults: Fault[];

  constructor(version: number, known: number) {
    super(`The document has format_version ${version}; this Seer reads format_version ${known} and those before.`);
    this.faults = [{ pointer: '/document/format_version', code: this.code, message: `must be at most ${known}` }];
  }
}

/** `mapping` names what is not there, or another kind of thing. */
export class MappingInvalidError extends DomainError {
  readonly code = 'mapping-invalid';
  readonly kind = 'invalid';

  constructor(override readonly faults: readonly Fault[]) {
    super(`The mapping does not fit the document: ${faults[0]?.message ?? ''}.`);
  }
}
