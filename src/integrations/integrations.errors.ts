import { DomainError } from '../common/errors.js';

export class ToolNotFoundError extends DomainError {
  readonly code = 'tool-not-found';
  readonly kind = 'invalid';
  override readonly faults;

  constructor(tool: string, provider: string) {
    super(
      `There is no tool "${tool}" that works with accounts of ${provider}. GET /v1/registries/tools lists the tools.`,
    );
    this.faults = [{ pointer: '/tools', code: this.code, message: `"${tool}" is no tool of ${provider}.` }];
  }
}
