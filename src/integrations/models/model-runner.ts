import { Injectable } from '@nestjs/common';
import { egressFetch } from '../../common/egress/egress-fetch.js';
import { type Json, type JsonObject } from '../../common/json.js';
import { schemaValidator } from '../../common/json-schema.js';
import { type Access, resourceOf } from '../credentials/access.js';
import { CredentialResolver, type OnCredentialUse } from '../credentials/credential-resolver.js';
import { HeldBackText } from '../credentials/held-back-text.js';
import { cut } from '../credentials/text-finder.js';
import { parseJson } from '../tools/parse-json.js';
import { ToolError } from '../tools/tool-error.js';
import { modelNeeds, modelProviders } from './catalogue.js';
import { modelError } from './model-error.js';
import { readAnswer, toMessages, toTools } from './langchain-messages.js';
import { type ModelAnswer, type ModelQuestion } from './model-question.js';

/** A question, and who asks it. */
export interface ModelRequest extends ModelQuestion {
  readonly userId: string;
  readonly signal: AbortSignal;
  readonly onUse?: OnCredentialUse | undefined;
  /** Told of the answer's text as it comes. */
  readonly onText?: ((text: string) => void) | undefined;
}

/** A model may think for minutes before it says anything, and for long in all; the node's own timeout is for less. */
const limits = { timeoutMs: 15 * 60_000, idleTimeoutMs: 5 * 60_000, maxBytes: 16 * 1024 * 1024 };

/** Asks language models, through LangChain's chat models. */
@Injectable()
export class ModelRunner {
  constructor(private readonly credentials: CredentialResolver) {}

  /** @throws ToolError, EgressError, or the signal's reason */
  async ask(request: ModelRequest): Promise<ModelAnswer> {
    const { userId, resource, signal, onUse } = request;
    const answer = await this.credentials.use({ userId, needs: modelNeeds, resource, signal, onUse }, (access) =>
      converse(access, request),
    );
    return withOutput(answer, request.outputSchema);
  }
}

async function converse(access: Access, request: ModelRequest): Promise<ModelAnswer> {
  const { model, temperature, maxTokens, functions, outputSchema, signal } = request;
  const resource = resourceOf(access);
  const provider = modelProviders.find(({ resourceType }) => resourceType === resource.type)!;
  const fetch = egressFetch(access.egress, limits) as typeof globalThis.fetch;
  const telling = request.onText && new HeldBackText(access, request.onText);
  try {
    const chat = await provider.chat(access, { model, temperature, maxTokens, fetch });
    const stream = await chat.stream(await toMessages(request.messages), {
      signal,
      // Whatever the environment says, nothing is traced to anybody else.
      callbacks: [],
      ...(functions.length > 0 && { tools: toTools(functions) }),
      ...(outputSchema !== undefined && provider.structured(outputSchema as JsonObject)),
    });
    return await readAnswer(stream, model, (text) => telling?.add(text));
  } catch (error) {
    signal.throwIfAborted();
    throw modelError(error, new URL(resource.metadata.base_url as string).host);
  } finally {
    telling?.end();
  }
}

/** @throws ToolError when the answer is not what the schema asks for: another try may be */
function withOutput(answer: ModelAnswer, schema: ModelQuestion['outputSchema']): ModelAnswer {
  if (schema === undefined || answer.calls.length > 0) return answer;
  const output = parse(answer);
  const faults = schemaValidator(schema).validate(output);
  if (faults.length === 0) return { ...answer, output };
  const what = faults.slice(0, 5).map(({ pointer, message }) => `${pointer || 'the answer'} ${message}`);
  throw new ToolError(
    'model-output-invalid',
    `The answer of ${answer.usage.model} does not satisfy output_schema: ${what.join('; ')}.`,
    true,
    problemOf(answer),
  );
}

function parse(answer: ModelAnswer): Json {
  try {
    return parseJson(answer.text);
  } catch {
    throw new ToolError('model-output-invalid', 'The answer of the model is no JSON.', true, problemOf(answer));
  }
}

/** What it said, and what that cost all the same. */
function problemOf({ text, usage }: ModelAnswer): JsonObject {
  return { text: cut(text, 2_000), usage };
}
