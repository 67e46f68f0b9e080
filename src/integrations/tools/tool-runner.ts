import { Inject, Injectable } from '@nestjs/common';
import { isJsonObject, type Json, type JsonObject } from '../../common/json.js';
import { schemaValidator } from '../../common/json-schema.js';
import { type Access } from '../credentials/access.js';
import { CredentialResolver, type OnCredentialUse } from '../credentials/credential-resolver.js';
import { TOOL_CATALOGUE, type ToolCatalogue } from './catalogue.js';
import { type Tool, type ToolFunction } from './define-tool.js';
import { ToolError } from './tool-error.js';

/** Characters of a word that is a secret because it was made of one. */
const SHORTEST_WORD = 16;

/** One call of a tool. */
export interface ToolCall {
  /** Whose credentials it may use. */
  readonly userId: string;
  readonly tool: string;
  /** Evaluated inputs; defaults are filled in. */
  readonly inputs: JsonObject;
  /** The same with the secrets of the resource, where the inputs refer to them: called when these are known. */
  readonly withSecrets?: ((secrets: Readonly<Record<string, string>>) => JsonObject) | undefined;
  /** Public ids of what the node names. */
  readonly connection?: string | undefined;
  readonly resource?: string | undefined;
  readonly onUse?: OnCredentialUse | undefined;
  readonly signal: AbortSignal;
  readonly idempotencyKey: string;
}

/** Runs tools: gives them what they may use, checks the inputs, hands them nothing else. */
@Injectable()
export class ToolRunner {
  constructor(
    private readonly credentials: CredentialResolver,
    @Inject(TOOL_CATALOGUE) private readonly tools: ToolCatalogue,
  ) {}

  /** @throws ToolError, EgressError, or the signal's reason. */
  async run(call: ToolCall): Promise<Json> {
    const tool = this.tools.get(call.tool);
    if (!tool) throw new ToolError('input-invalid', `There is no tool "${call.tool}" in this build.`, false);
    const { idempotencyKey } = call;
    return this.credentials.use({ ...call, needs: tool }, async (access) => {
      const inputs = inputsOf(call, access);
      check(tool, inputs);
      return tool.run({ ...access, idempotencyKey }, inputs);
    });
  }

  /** What a tool that is many is to models. @throws as `run` */
  functions({ fixed, ...request }: FunctionsRequest): Promise<ToolFunction[]> {
    const tool = this.tools.get(request.tool)!;
    return this.credentials.use({ ...request, needs: tool }, (access) => tool.functions!.list(access, fixed));
  }
}

/** A question for what a tool is to models. */
export interface FunctionsRequest extends Pick<
  ToolCall,
  'userId' | 'tool' | 'connection' | 'resource' | 'onUse' | 'signal'
> {
  /** Inputs that the model does not choose. */
  readonly fixed: JsonObject;
}

function inputsOf({ inputs, withSecrets }: ToolCall, access: Access): JsonObject {
  if (!withSecrets) return inputs;
  const filled = withSecrets(access.resource?.secrets ?? {});
  // What was made of a secret is one too: its hash, its encoding.
  for (const text of differentTexts(inputs, filled)) access.hide(text);
  return filled;
}

/** Texts that differ from what stands in the same place with the secrets left out, keys of objects included. */
function differentTexts(shown: Json | undefined, filled: Json): string[] {
  if (typeof filled === 'number') return filled === shown ? [] : [String(filled)];
  if (typeof filled === 'string') return filled === shown ? [] : [filled, ...newWords(shown, filled)];
  if (Array.isArray(filled)) {
    return filled.flatMap((item, index) => differentTexts(Array.isArray(shown) ? shown[index] : undefined, item));
  }
  if (!isJsonObject(filled)) return [];
  const known = isJsonObject(shown) ? shown : {};
  return Object.entries(filled).flatMap(([key, member]) => {
    const inKey = Object.hasOwn(known, key) ? [] : differentTexts('', key);
    return [...inKey, ...differentTexts(known[key], member)];
  });
}

/** A signature in a header may come back without the words around it. Short words are found by chance. */
function newWords(shown: Json | undefined, filled: string): string[] {
  const known = new Set(wordsOf(typeof shown === 'string' ? shown : ''));
  return wordsOf(filled).filter((word) => word.length >= SHORTEST_WORD && !known.has(word));
}

function wordsOf(text: string): string[] {
  return text.split(/[^\w+/=.~%-]+|=(?=[^=])/);
}

function check({ key, input }: Tool, inputs: JsonObject): void {
  const faults = schemaValidator(input).validate(inputs);
  if (faults.length === 0) return;
  const what = faults.map(({ pointer, message }) => `${pointer || 'inputs'} ${message}`).join('; ');
  throw new ToolError('input-invalid', `The inputs of ${key} are not valid: ${what}.`, false);
}
