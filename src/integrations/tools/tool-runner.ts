import { Inject, Injectable } from '@nestjs/common';
import { EgressService } from '../../common/egress/egress.service.js';
import { type Json, type JsonObject } from '../../common/json.js';
import { schemaValidator } from '../../common/json-schema.js';
import { TOOL_CATALOGUE, type ToolCatalogue } from './catalogue.js';
import { ToolError } from './define-tool.js';

/** One call of a tool. */
export interface ToolCall {
  readonly tool: string;
  /** Evaluated inputs; defaults are filled in. */
  readonly inputs: JsonObject;
  readonly signal: AbortSignal;
  readonly idempotencyKey: string;
}

/** Runs tools: checks the inputs, hands them what they may use, nothing else. */
@Injectable()
export class ToolRunner {
  constructor(
    private readonly egress: EgressService,
    @Inject(TOOL_CATALOGUE) private readonly tools: ToolCatalogue,
  ) {}

  /** @throws ToolError, EgressError, or the signal's reason. */
  async run({ tool: key, inputs, signal, idempotencyKey }: ToolCall): Promise<Json> {
    const tool = this.tools.get(key);
    if (!tool) throw new ToolError('input-invalid', `There is no tool "${key}" in this build.`, false);
    const faults = schemaValidator(tool.input).validate(inputs);
    if (faults.length > 0) {
      const what = faults.map(({ pointer, message }) => `${pointer || 'inputs'} ${message}`).join('; ');
      throw new ToolError('input-invalid', `The inputs of ${key} are not valid: ${what}.`, false);
    }
    return tool.run({ egress: this.egress, signal, idempotencyKey }, inputs);
  }
}
